/** Whose claim it is: only those of processes that are gone may be forgotten by others. */
import type { Journal } from '@facilitator/engine';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { endWriter } from './database.ts';
import { startRival } from './rivals.ts';
import { NETWORK, OTHER_NETWORK, preparedWith, propose, sampleClaim, settledBy } from './samples.ts';
import { NOW, type Place, type StoreUnderTest, steadyClock } from './store-under-test.ts';

async function unfinishedIds(journal: Journal): Promise<readonly string[]> {
  return (await journal.unfinished(NETWORK)).payments.map(({ id }) => id);
}

export function describeOwners(store: StoreUnderTest): void {
  describe('owners', () => {
    let place: Place;
    beforeEach(async () => {
      place = await store.place();
    });
    afterEach(() => place.clear());

    test('a claim is nobody’s to recover while its process lives, and anybody’s afterwards', async () => {
      const first = await place.open();
      await first.claim(sampleClaim('a'));
      expect(await unfinishedIds(first)).toEqual([]);
      await first.close();
      const second = await place.open();
      await second.claim(sampleClaim('b'));
      expect(await unfinishedIds(second)).toEqual(['a']);
      expect(await second.release('a')).toBe(true);
      expect(await second.payment('a')).toBeUndefined();
    });

    test('what is taken for abandoned is released only while it is', async () => {
      const first = await place.open();
      await Promise.all(['a', 'b', 'queued'].map((id) => first.claim(sampleClaim(id))));
      await first.handOver('queued');
      await first.close();
      const second = await place.open();
      // Read as those of a process that is gone, and one of them claimed anew meanwhile.
      expect(await unfinishedIds(second)).toEqual(['a', 'b', 'queued']);
      const released = await Promise.all([
        second.claim(sampleClaim('a')),
        ...['a', 'b', 'b', 'queued', 'unknown'].map((id) => second.release(id, 'abandoned')),
      ]);
      expect(released).toEqual([{ status: 'claimed' }, false, true, false, false, false]);
      expect(await second.payment('a')).toMatchObject({ state: 'claimed' });
      expect(await second.payment('queued')).toMatchObject({ state: 'queued' });
      expect(await second.release('a', 'abandoned')).toBe(false);
      expect(await Promise.all([second.release('a', 'abandoned'), second.release('a')])).toEqual([false, true]);
    });

    test('what was handed over stays when its process goes', async () => {
      const first = await place.open();
      await Promise.all(['a', 'b'].map((id) => first.claim(sampleClaim(id))));
      expect(await Promise.all([first.handOver('a'), first.handOver('a'), first.handOver('unknown')])).toEqual([
        true,
        true,
        false,
      ]);
      await first.close();
      const second = await place.open();
      const { payments } = await second.unfinished(NETWORK);
      expect(payments.map(({ id, state }) => [id, state])).toEqual([
        ['a', 'queued'],
        ['b', 'claimed'],
      ]);
      expect(payments[0]).toMatchObject({ authorization: sampleClaim('a').authorization, transaction: undefined });
      // Nobody answers for the claim of a process that is gone.
      expect(await second.handOver('b')).toBe(false);
      expect(await propose(second, '0x1', ['a', 'b'])).toEqual({ status: 'gone', ids: ['b'] });
      expect(await propose(second, '0x1', ['a'])).toMatchObject({ status: 'prepared' });
    });

    test('what waits to be signed is what was handed over, and what was claimed lately', async () => {
      let now = NOW;
      const journal = await place.open({ clock: { ...steadyClock, now: () => now } });
      for (const id of ['handed over', 'old', 'carried']) await journal.claim(sampleClaim(id));
      await journal.handOver('handed over');
      await propose(journal, '0x1', ['carried']);
      now += 60n;
      await journal.claim(sampleClaim('new'));
      await journal.claim(sampleClaim('elsewhere', { network: OTHER_NETWORK }));
      expect(await journal.waiting(NETWORK, NOW + 1n)).toBe(2);
      expect(await journal.waiting(NETWORK, NOW)).toBe(3);
      expect(await journal.waiting(OTHER_NETWORK, NOW)).toBe(1);
      await Promise.all(['handed over', 'new'].map((id) => journal.release(id)));
      expect(await journal.waiting(NETWORK, NOW + 1n)).toBe(0);
    });

    test('a claim whose process is gone holds neither anchor nor key', async () => {
      const first = await place.open();
      await first.claim(sampleClaim('a', { fingerprint: 'first' }));
      await first.claim(sampleClaim('b', { key: 'k' }));
      await first.claim(sampleClaim('queued'));
      await first.handOver('queued');
      await preparedWith(first, '0x1', ['prepared']);
      await first.close();
      const second = await place.open();
      const results = await Promise.all([
        second.claim(sampleClaim('a', { fingerprint: 'second' })),
        second.claim(sampleClaim('a', { fingerprint: 'third' })),
        second.claim(sampleClaim('c', { key: 'k' })),
        second.claim(sampleClaim('queued')),
        second.claim(sampleClaim('prepared')),
      ]);
      expect(results.map(({ status }) => status)).toEqual(['claimed', 'taken', 'claimed', 'taken', 'taken']);
      expect(await second.payment('a')).toMatchObject({ fingerprint: 'second' });
      expect(await second.payment('b')).toBeUndefined();
      expect(await second.paymentByKey('k')).toMatchObject({ id: 'c' });
    });

    if (store.name === 'PostgreSQL') {
      test('those who live keep their claims from each other', async () => {
        const writer = await place.open();
        const other = await place.open({ writes: false });
        await other.claim(sampleClaim('a'));
        await writer.claim(sampleClaim('b'));
        expect(await writer.claim(sampleClaim('a'))).toMatchObject({ status: 'taken' });
        expect([await unfinishedIds(writer), await unfinishedIds(other)]).toEqual([[], []]);
        expect([await writer.release('a'), await other.release('b')]).toEqual([false, false]);
        expect([await writer.handOver('a'), await other.handOver('b')]).toEqual([false, false]);
        expect(await propose(writer, '0x1', ['a', 'b'])).toEqual({ status: 'gone', ids: ['a'] });
        expect([await writer.payment('a'), await writer.payment('b')]).toMatchObject([
          { state: 'claimed' },
          { state: 'claimed' },
        ]);
      });

      test('what is handed over may be taken back, and released by the one who writes', async () => {
        const writer = await place.open();
        const one = await place.open({ writes: false });
        const two = await place.open({ writes: false });
        for (const id of ['a', 'b', 'c']) {
          await one.claim(sampleClaim(id));
          await one.handOver(id);
        }
        expect(await two.release('a')).toBe(false);
        expect(await one.release('a')).toBe(true);
        expect(await writer.release('b')).toBe(true);
        expect(await propose(writer, '0x1', ['a', 'b', 'c'])).toEqual({ status: 'gone', ids: ['a', 'b'] });
        expect(await propose(writer, '0x1', ['c'])).toMatchObject({ status: 'prepared' });
        expect(await one.release('c')).toBe(false);
        expect(await two.conclude('c', settledBy('0x1'))).toBe('ended');
        expect(await one.deliver('c')).toBe(true);
      });

      test('a claim survives the session it was made in', async () => {
        const one = await place.open({ writes: false });
        const two = await place.open({ writes: false });
        await one.claim(sampleClaim('a'));
        const lost = Promise.withResolvers<void>();
        let again = Promise.withResolvers<void>();
        await one.compete(NETWORK, { onHeld: () => again.resolve(), onLost: () => lost.resolve() });
        again = Promise.withResolvers<void>();
        await endWriter(place, NETWORK);
        await lost.promise;
        // Whoever writes again has its new session, and with it the word that it lives.
        await again.promise;
        expect(await unfinishedIds(two)).toEqual([]);
        expect(await two.claim(sampleClaim('a'))).toMatchObject({ status: 'taken' });
        expect(await one.handOver('a')).toBe(true);
      });

      test('a killed process leaves its claims to the next', async () => {
        const rival = await startRival(place.url, 'rival');
        await rival.said('claimed');
        const journal = await place.open({ writes: false });
        expect(await journal.payment('claim of rival')).toMatchObject({ state: 'claimed' });
        expect(await unfinishedIds(journal)).toEqual([]);
        expect(await journal.claim(sampleClaim('claim of rival'))).toMatchObject({ status: 'taken' });
        await rival.kill();
        // The server sees the socket close a moment later.
        await expect.poll(() => unfinishedIds(journal)).toEqual(['claim of rival']);
        expect(await journal.claim(sampleClaim('claim of rival'))).toEqual({ status: 'claimed' });
      });
    }
  });
}
