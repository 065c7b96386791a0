/** The right to write for a network: one has it at any time, it changes hands at once, and without it nothing is signed away. */
import type { Journal } from '@facilitator/engine';
import { systemClock } from '@facilitator/engine';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Breaker, startBreaker } from './breaker.ts';
import { compete } from './candidate.ts';
import { endWriter, writerSession } from './database.ts';
import { type Rival, startRival, watchWrites } from './rivals.ts';
import { itemsOf, NETWORK, OTHER_NETWORK, prepare, preparedWith, sampleClaim, write } from './samples.ts';
import type { Place, StoreUnderTest } from './store-under-test.ts';

export function describeRights(store: StoreUnderTest): void {
  describe('the right to write', () => {
    let place: Place;
    let events: string[];
    beforeEach(async () => {
      place = await store.place();
      events = [];
    });
    afterEach(() => place.clear());

    test('is told before the competition answers when it is free, and given up when it is resigned', async () => {
      const journal = await place.open({ writes: false });
      const { resign } = await compete(journal, 'a', events);
      expect(events).toEqual(['a held']);
      await resign();
      await resign();
      expect(events).toEqual(['a held', 'a lost']);
      await compete(journal, 'again', events);
      expect(events).toEqual(['a held', 'a lost', 'again held']);
      expect(await preparedWith(journal, '0x1', ['a'])).toMatchObject({ nonce: 0n });
    });

    test('ends with the journal', async () => {
      const journal = await place.open({ writes: false });
      await journal.close();
      await expect(compete(journal, 'late', events)).rejects.toMatchObject({ fault: 'closed' });
      expect(events).toEqual([]);
    });

    if (store.name === 'PostgreSQL') describeShared();

    function describeShared(): void {
      let one: Journal;
      let two: Journal;
      beforeEach(async () => {
        one = await place.open({ writes: false });
        two = await place.open({ writes: false });
      });

      test('goes to the next at once when it is resigned, never to two', async () => {
        const first = await compete(one, 'one', events);
        const second = await compete(two, 'two', events);
        expect(events).toEqual(['one held']);
        const held = second.heard('held');
        await first.resign();
        await held;
        expect(events).toEqual(['one held', 'one lost', 'two held']);
      });

      test('goes to the next when its process closes', async () => {
        await compete(one, 'one', events);
        const held = (await compete(two, 'two', events)).heard('held');
        await one.close();
        await held;
        expect(events).toEqual(['one held', 'one lost', 'two held']);
      });

      test('is one for each network', async () => {
        await compete(one, 'one', events);
        const other = await compete(two, 'two', events, OTHER_NETWORK);
        await compete(two, 'two waiting', events);
        await compete(one, 'one waiting', events, OTHER_NETWORK);
        expect(events).toEqual(['one held', 'two held']);
        await one.claim(sampleClaim('a'));
        await two.claim(sampleClaim('b', { network: OTHER_NETWORK }));
        expect(await prepare(one, '0x1', ['a'])).toMatchObject({ nonce: 0n });
        expect(await prepare(two, '0x2', ['b'], { network: OTHER_NETWORK })).toMatchObject({ nonce: 0n });
        await expect(prepare(one, '0x3', [], { network: OTHER_NETWORK })).rejects.toMatchObject({ fault: 'refused' });
        await other.resign();
        expect(events).not.toContain('two waiting held');
      });

      test('is not competed for twice by one process', async () => {
        await compete(one, 'one', events);
        await expect(compete(one, 'twin', events)).rejects.toThrow();
        expect(events).toEqual(['one held']);
      });

      test('is lost with the session that writes, and the next has it', async () => {
        const first = await compete(one, 'one', events);
        const second = await compete(two, 'two', events);
        await one.claim(sampleClaim('a'));
        const changed = Promise.race([second.heard('held'), first.heard('lost').then(() => first.heard('held'))]);
        await endWriter(place, NETWORK);
        await changed;
        // Whoever was quicker: the other one is refused.
        const [writer, other] = events.at(-1) === 'two held' ? [two, one] : [one, two];
        await expect(prepare(other, '0x1', [])).rejects.toMatchObject({ fault: 'refused' });
        expect(await prepare(writer, '0x2', [])).toMatchObject({ nonce: 0n });
        expect(events).toContain('one lost');
      });

      test('does not outlast a signature: what was signed while it was lost is refused', async () => {
        const first = await compete(one, 'one', events);
        const second = await compete(two, 'two', events);
        await one.claim(sampleClaim('a'));
        const lost = first.heard('lost');
        const slow = one.prepare({ network: NETWORK, signer: '0xSigner', floor: 0n }, itemsOf(['a']), async (nonce) => {
          const held = second.heard('held');
          await first.resign();
          await lost;
          await held;
          return { hash: '0xslow', bytes: `bytes at ${nonce}` };
        });
        await expect(slow).rejects.toMatchObject({ fault: 'refused' });
        expect(await two.paymentsByTransaction('0xslow')).toEqual([]);
        expect(await two.payment('a')).toMatchObject({ state: 'claimed' });
      });

      test('that was lost and won again does not cover what was begun before', async () => {
        const first = await compete(one, 'one', events);
        await preparedWith(one, '0x1', ['a']);
        const again = first.heard('lost').then(() => first.heard('held'));
        const slow = one.prepare({ network: NETWORK, signer: '0xSigner', floor: 0n }, [], async (nonce) => {
          await endWriter(place, NETWORK);
          await again;
          return { hash: '0xslow', bytes: `bytes at ${nonce}` };
        });
        await expect(slow).rejects.toMatchObject({ fault: 'refused' });
        expect(events).toEqual(['one held', 'one lost', 'one held']);
        expect(await prepare(one, '0x2', [])).toMatchObject({ nonce: 1n });
      });

      test('is needed to replace, and not to say what happened', async () => {
        await compete(one, 'one', events);
        await preparedWith(one, '0x1', ['a', 'b']);
        await expect(two.replace('0x1', { hash: '0x2', bytes: 'dearer' })).rejects.toMatchObject({ fault: 'refused' });
        expect(await one.replace('0x1', { hash: '0x2', bytes: 'dearer' })).toMatchObject({ hash: '0x2' });
        const conclusion = {
          state: 'failed',
          transaction: '0x2',
          reason: 'payment_expired',
          message: 'Its window closed.',
        } as const;
        expect(await two.conclude('a', conclusion)).toBe('ended');
        expect(await two.resolve('0x2', { status: 'superseded' }, [{ id: 'b', conclusion }])).toEqual(['ended']);
      });

      test('that the database does not know of stops a write at its commit', async () => {
        // What a pooler in transaction mode does: the lock stays behind with another session, and somebody else gets it.
        await place.sql(`create function forget() returns trigger language plpgsql as $$ begin
          perform pg_advisory_unlock_all();
          while not exists (select from (${writerSession(NETWORK)}) as it) loop perform pg_sleep(0.01); end loop;
          return null; end $$`);
        const first = await compete(one, 'one', events);
        const second = await compete(two, 'two', events);
        await place.sql('create trigger forget after insert on transactions for each row execute function forget()');
        const [lost, held] = [first.heard('lost'), second.heard('held')];
        const refused = expect(prepare(one, '0x1', [])).rejects.toMatchObject({ fault: 'unavailable' });
        await Promise.all([refused, lost, held]);
        expect(events).toContain('one lost');
        await place.sql('drop trigger forget on transactions');
        expect(await two.paymentsByTransaction('0x1')).toEqual([]);
        expect(await prepare(two, '0x2', [])).toMatchObject({ nonce: 0n });
      });

      describe('when the database is away', () => {
        let breaker: Breaker;
        beforeEach(async () => {
          breaker = await startBreaker(place.url);
        });
        afterEach(() => breaker.stop());

        test('is not competed for, and one that was held is lost at once and won again', async () => {
          const journal = await place.open({ url: breaker.url, writes: false });
          const held = await compete(journal, 'here', events);
          const lost = held.heard('lost');
          breaker.cut();
          await lost;
          await expect(compete(journal, 'never', events, OTHER_NETWORK)).rejects.toMatchObject({
            fault: 'unavailable',
          });
          const again = held.heard('held');
          breaker.mend();
          await again;
          expect(events).toEqual(['here held', 'here lost', 'here held']);
          // What could not be asked for then is not asked for now.
          await compete(two, 'two', events, OTHER_NETWORK);
          expect(events.at(-1)).toBe('two held');
          await journal.close();
        });
      });

      test('is free when its process was killed', async () => {
        const rival = await startRival(place.url, 'rival');
        await rival.said('held');
        const here = await compete(one, 'one', events);
        expect(events).toEqual([]);
        const held = here.heard('held');
        await rival.kill();
        await held;
        await one.claim(sampleClaim('a'));
        // It may have written one more than it lived to say.
        const { attempts } = await one.unfinished(NETWORK);
        expect(attempts.length).toBeGreaterThanOrEqual(rival.prepared().length);
        expect((await prepare(one, '0x1', ['a'])).nonce).toBe(BigInt(attempts.length));
      });

      test('has one holder, whatever processes, sessions and resignations do', async () => {
        const report = await watchWrites(place, NETWORK);
        const names = ['red', 'green', 'blue'];
        const rivals = new Map<string, Rival>();
        const all: Rival[] = [];
        const start = async (name: string) => {
          const rival = await startRival(place.url, name);
          rivals.set(name, rival);
          all.push(rival);
        };
        await Promise.all(names.map(start));
        const enough = (count: number) => Promise.race([...rivals.values()].map((rival) => rival.reached(count)));
        for (let round = 1; round <= 6; round++) {
          // Whoever writes now gets some way before something happens to it.
          await enough(round * 8);
          if (round % 2 === 0) await endWriter(place, NETWORK).catch(() => undefined);
          else {
            const name = names[round % 3] ?? '';
            await rivals.get(name)?.kill();
            await start(name);
          }
        }
        await enough(60);
        await Promise.all([...rivals.values()].map((rival) => rival.kill()));

        const written = await report();
        expect(written.filter(({ held }) => !held)).toEqual([]);
        const hashes = new Set(written.map(({ hash }) => hash));
        const acknowledged = all.flatMap((rival) => rival.prepared());
        expect(acknowledged.filter((hash) => !hashes.has(hash))).toEqual([]);
        // All of them share one signer: no nonce was given twice, none left out.
        expect(written.map(({ nonce }) => nonce)).toEqual(written.map((_, at) => BigInt(at)));
        expect(new Set(written.map(({ session }) => session)).size).toBeGreaterThan(3);
      });

      test('passes between journals of one process without ever having two holders', async () => {
        const three = await place.open({ writes: false, clock: systemClock });
        let holders = 0;
        let most = 0;
        let turns = 0;
        const enough = Promise.withResolvers<void>();
        const play = async (journal: Journal) => {
          while (turns < 40) {
            const held = Promise.withResolvers<void>();
            const resign = await journal.compete(NETWORK, {
              onHeld() {
                holders += 1;
                turns += 1;
                most = Math.max(most, holders);
                held.resolve();
              },
              onLost() {
                holders -= 1;
              },
            });
            await Promise.race([held.promise, enough.promise]);
            await resign();
          }
          enough.resolve();
        };
        await Promise.all([one, two, three].map(play));
        expect({ most, holders }).toEqual({ most: 1, holders: 0 });
        await write(one);
      });
    }
  });
}
