/** What is old, over and expired may be forgotten, and nothing else: not what could still be presented, sent or counted by. */
import type { Claim, Journal } from '@facilitator/engine';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { failedBy, INCLUDED, NETWORK, prepare, sampleClaim, settledBy } from './samples.ts';
import { NOW, type Place, type StoreUnderTest } from './store-under-test.ts';

/** Everything here ends at `NOW`. */
const LATER = NOW + 1n;
const EXPIRED = NOW - 100n;

export function describePruning(store: StoreUnderTest): void {
  describe('pruning', () => {
    let place: Place;
    let journal: Journal;
    beforeEach(async () => {
      place = await store.place();
      journal = await place.open();
    });
    afterEach(() => place.clear());

    const claim = (id: string, more: Partial<Claim> = {}) =>
      journal.claim(sampleClaim(id, { expires: EXPIRED, ...more }));

    /** Carries payments in one transaction, and settles them. */
    async function carried(hash: string, ids: readonly string[], settled = ids): Promise<void> {
      await Promise.all(ids.map((id) => claim(id)));
      await prepare(journal, hash, ids);
      await journal.resolve(
        hash,
        INCLUDED,
        settled.map((id, logIndex) => ({ id, conclusion: settledBy(hash, { logIndex }) })),
      );
    }

    /** A transaction above all others, so that they are not the newest. */
    const newest = () => carried('0xnewest', ['newest']);

    async function left(): Promise<Record<string, readonly unknown[]>> {
      await journal.close();
      const names = async (text: string) => (await place.sql(text)).map(({ name }) => name);
      const found = {
        payments: await names('select id as name from payments order by id'),
        transactions: await names('select hash as name from transactions order by hash'),
        items: await names('select payment_id as name from items order by payment_id'),
      };
      journal = await place.open();
      return found;
    }

    test('forgets final payments with what carried them', async () => {
      await carried('0x1', ['a', 'b']);
      await claim('failed');
      await prepare(journal, '0x2', ['failed']);
      await journal.resolve('0x2', INCLUDED, [{ id: 'failed', conclusion: failedBy('0x2') }]);
      await newest();
      expect(await journal.prune(LATER, 100)).toBe(3);
      expect(await journal.prune(LATER, 100)).toBe(0);
      expect(await left()).toEqual({ payments: ['newest'], transactions: ['0xnewest'], items: ['newest'] });
      expect(await journal.payment('a')).toBeUndefined();
      expect(await journal.paymentsByTransaction('0x1')).toEqual([]);
    });

    test('a few at a time, those that expired first before others', async () => {
      for (const [at, id] of ['c', 'a', 'b'].entries()) {
        await claim(id, { expires: EXPIRED + BigInt(at) });
        await prepare(journal, `0x${id}`, [id]);
        await journal.resolve(`0x${id}`, INCLUDED, [{ id, conclusion: settledBy(`0x${id}`) }]);
      }
      await newest();
      expect(await journal.prune(LATER, 2)).toBe(2);
      expect((await left())['payments']).toEqual(['b', 'newest']);
      expect(await journal.prune(LATER, 2)).toBe(1);
    });

    test('keeps what is not over', async () => {
      await claim('claimed');
      await claim('queued');
      await journal.handOver('queued');
      await carried('0x1', ['prepared', 'settled'], ['settled']);
      await newest();
      expect(await journal.prune(LATER, 100)).toBe(1);
      const { payments, transactions } = await left();
      expect(payments).toEqual(['claimed', 'newest', 'prepared', 'queued']);
      // It carries one that may have to be looked up by it.
      expect(transactions).toEqual(['0x1', '0xnewest']);
    });

    test.each([
      ['could still be presented', { expires: NOW + 5n }],
      ['expires when the limit is reached', { expires: LATER }],
      ['never expires', { expires: 2n ** 256n - 1n }],
      ['expires in the year 9999', { expires: 253_402_300_799n }],
    ])('keeps what %s, however long ago it ended', async (_what, more) => {
      await claim('kept', more);
      await prepare(journal, '0x1', ['kept']);
      await journal.resolve('0x1', INCLUDED, [{ id: 'kept', conclusion: settledBy('0x1') }]);
      await newest();
      expect(await journal.prune(LATER, 100)).toBe(0);
      expect(await journal.payment('kept')).toMatchObject({ state: 'settled' });
    });

    test('keeps what ended lately, however long ago it expired', async () => {
      await carried('0x1', ['a']);
      await newest();
      expect(await journal.prune(NOW, 100)).toBe(0);
      expect(await journal.prune(LATER, 100)).toBe(1);
    });

    test('keeps what an open attempt carries: it is recovered as it was', async () => {
      await claim('a');
      await prepare(journal, '0xopen', ['a']);
      await journal.conclude('a', settledBy('0xstranger'));
      await newest();
      expect(await journal.prune(LATER, 100)).toBe(0);
      expect((await journal.unfinished(NETWORK)).attempts).toMatchObject([{ hash: '0xopen', items: ['a'] }]);
    });

    test('keeps the newest of each signer: the next nonce follows from it', async () => {
      await carried('0x1', ['a']);
      await carried('0x2', ['b']);
      await claim('other');
      await prepare(journal, '0x3', ['other'], { signer: '0xOther', floor: 40n });
      await journal.resolve('0x3', INCLUDED, [{ id: 'other', conclusion: settledBy('0x3') }]);
      expect(await journal.prune(LATER, 100)).toBe(1);
      expect((await left())['transactions']).toEqual(['0x2', '0x3']);
      await claim('c');
      expect(await prepare(journal, '0x4', ['c'])).toMatchObject({ nonce: 2n });
      await claim('d');
      expect(await prepare(journal, '0x5', ['d'], { signer: '0xOther' })).toMatchObject({ nonce: 41n });
    });

    test('frees ids and keys', async () => {
      await claim('a', { key: 'k' });
      await prepare(journal, '0x1', ['a']);
      await journal.resolve('0x1', INCLUDED, [{ id: 'a', conclusion: settledBy('0x1') }]);
      await newest();
      await journal.prune(LATER, 100);
      expect(await journal.paymentByKey('k')).toBeUndefined();
      expect(await claim('b', { key: 'k' })).toEqual({ status: 'claimed' });
      expect(await claim('a')).toEqual({ status: 'claimed' });
    });

    test('goes on among other writes', async () => {
      for (let at = 0; at < 40; at++) await carried(`0x${at}`, [`p${at}`]);
      await newest();
      const [pruned, deliveries] = await Promise.all([
        Promise.all(Array.from({ length: 10 }, () => journal.prune(LATER, 5))),
        Promise.all(Array.from({ length: 40 }, (_, at) => journal.deliver(`p${at}`))),
        Promise.all(Array.from({ length: 20 }, (_, at) => claim(`q${at}`))),
      ]);
      expect(deliveries).toHaveLength(40);
      const gone = pruned.reduce((sum, each) => sum + each, 0);
      expect((await left())['payments']).toHaveLength(41 + 20 - gone);
    });

    if (store.name === 'PostgreSQL')
      test('is done by one process at a time, and each payment by one', async () => {
        for (let at = 0; at < 30; at++) await carried(`0x${at}`, [`p${at}`]);
        await newest();
        const others = await Promise.all([place.open({ writes: false }), place.open({ writes: false })]);
        let gone = 0;
        while (gone < 30) {
          const pruned = await Promise.all([journal, ...others].map((each) => each.prune(LATER, 7)));
          expect(Math.max(...pruned)).toBeGreaterThan(0);
          gone += pruned.reduce((sum, each) => sum + each, 0);
        }
        expect((await left())['payments']).toEqual(['newest']);
      });
  });
}
