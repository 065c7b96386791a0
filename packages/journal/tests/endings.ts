/** Resolving, concluding, delivering. */
import type { Journal } from '@facilitator/engine';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  failedBy,
  INCLUDED,
  NETWORK,
  OTHER_NETWORK,
  prepare,
  preparedWith,
  SUPERSEDED,
  sampleClaim,
  settledBy,
} from './samples.ts';
import { NOW, type Place, type StoreUnderTest } from './store-under-test.ts';

export function describeEndings(store: StoreUnderTest): void {
  describe('endings', () => {
    let place: Place;
    let journal: Journal;
    beforeEach(async () => {
      place = await store.place();
      journal = await place.open();
      await preparedWith(journal, '0x1', ['a', 'b', 'c']);
    });
    afterEach(() => place.clear());

    const both = [
      { id: 'a', conclusion: settledBy('0x1', { delivered: true }) },
      { id: 'b', conclusion: failedBy('0x1') },
    ];

    test('ends what an attempt decided and erases the authorizations', async () => {
      expect(await journal.resolve('0x1', INCLUDED, both)).toEqual(['ended', 'ended']);
      expect(await journal.payment('a')).toMatchObject({
        state: 'settled',
        transaction: '0x1',
        locator: { logIndex: 3, authorizationNonce: '0xnonce', batchSize: 2 },
        delivered: true,
        authorization: undefined,
        reason: undefined,
        concludedAt: NOW,
      });
      expect(await journal.payment('b')).toMatchObject({
        state: 'failed',
        transaction: '0x1',
        locator: undefined,
        reason: 'payment_expired',
        message: 'Its window closed.',
        delivered: false,
        authorization: undefined,
        concludedAt: NOW,
      });
      expect(await journal.payment('c')).toMatchObject({ state: 'prepared', authorization: expect.any(String) });
      expect(await journal.unfinished(NETWORK)).toMatchObject({ payments: [{ id: 'c' }], attempts: [] });
      await journal.close();
      const [row] = await place.sql(`select * from transactions where hash = '0x1'`);
      expect(row).toMatchObject({
        outcome: 'included',
        bytes: null,
        cost: `${10n ** 24n}`,
        attempt: expect.anything(),
      });
      expect(`${row?.['block']} ${row?.['attempt']}`).toBe('77 0');
    });

    test('is the same when told twice', async () => {
      await journal.resolve('0x1', INCLUDED, both);
      const before = await Promise.all(['a', 'b', 'c'].map((id) => journal.payment(id)));
      expect(await journal.resolve('0x1', INCLUDED, both)).toEqual(['known', 'known']);
      expect(await Promise.all(['a', 'b', 'c'].map((id) => journal.payment(id)))).toEqual(before);
      // A retry may know more than the first try.
      const more = [...both, { id: 'c', conclusion: settledBy('0x1', { logIndex: 9 }) }];
      const answers = await Promise.all([
        journal.resolve('0x1', INCLUDED, more),
        journal.resolve('0x1', INCLUDED, more),
      ]);
      expect(answers).toEqual([
        ['known', 'known', 'ended'],
        ['known', 'known', 'known'],
      ]);
    });

    test.each([
      ['an unknown transaction', '0x9', INCLUDED, []],
      ['a payment that it does not carry', '0x1', INCLUDED, [...both, { id: 'free', conclusion: failedBy('0x1') }]],
      ['a payment twice', '0x1', INCLUDED, [...both, ...both]],
      ['evidence without a transaction', '0x1', INCLUDED, [{ id: 'a', conclusion: settledBy('') }]],
      ['a negative cost', '0x1', { status: 'included', block: 1n, cost: -1n }, both],
      ['a block beyond 64 bits', '0x1', { status: 'included', block: 2n ** 63n, cost: 1n }, both],
    ] as const)('refuses %s and changes nothing', async (_, hash, outcome, conclusions) => {
      await journal.claim(sampleClaim('free'));
      const before = await journal.unfinished(NETWORK);
      await expect(journal.resolve(hash, outcome, conclusions)).rejects.toMatchObject({ fault: 'refused' });
      expect(await journal.unfinished(NETWORK)).toEqual(before);
    });

    test('refuses a second outcome that contradicts the first', async () => {
      await journal.resolve('0x1', SUPERSEDED, []);
      await expect(journal.resolve('0x1', INCLUDED, both)).rejects.toMatchObject({ fault: 'refused' });
      expect(await journal.payment('a')).toMatchObject({ state: 'prepared' });
      expect(await journal.resolve('0x1', SUPERSEDED, [{ id: 'a', conclusion: failedBy('0x1') }])).toEqual(['ended']);
    });

    test('concludes one payment whatever its attempt does, by anybody’s transaction', async () => {
      expect(await journal.conclude('a', settledBy('0xstranger'))).toBe('ended');
      expect(await journal.conclude('a', failedBy('0x1'))).toBe('known');
      expect(await journal.payment('a')).toMatchObject({ state: 'settled', transaction: '0xstranger' });
      expect((await journal.paymentsByTransaction('0xstranger')).map(({ id }) => id)).toEqual(['a']);
      expect((await journal.paymentsByTransaction('0x1')).map(({ id }) => id)).toEqual(['a', 'b', 'c']);
      expect((await journal.unfinished(NETWORK)).attempts).toMatchObject([{ hash: '0x1', bytes: 'bytes at 0' }]);
      // The attempt's own outcome comes later and finds it ended.
      expect(await journal.resolve('0x1', INCLUDED, both)).toEqual(['known', 'ended']);
      expect(await journal.payment('a')).toMatchObject({ transaction: '0xstranger', delivered: false });
    });

    test('settles one payment by one transfer, whoever presents it', async () => {
      expect(await journal.conclude('a', settledBy('0xstranger'))).toBe('ended');
      expect(await journal.conclude('b', settledBy('0xstranger'))).toBe('taken');
      const rest = [
        { id: 'b', conclusion: settledBy('0xstranger') },
        { id: 'c', conclusion: settledBy('0x1') },
      ];
      // The one that cannot be settled keeps neither the others nor the attempt from their ends.
      expect(await journal.resolve('0x1', INCLUDED, rest)).toEqual(['taken', 'ended']);
      expect(await journal.payment('b')).toMatchObject({
        state: 'prepared',
        transaction: '0x1',
        locator: undefined,
        authorization: expect.any(String),
      });
      expect(await journal.unfinished(NETWORK)).toMatchObject({ payments: [{ id: 'b' }], attempts: [] });
      expect(await journal.conclude('b', settledBy('0xstranger', { logIndex: 4 }))).toBe('ended');
    });

    test('settles one payment by one transfer in one group and in one write, too', async () => {
      await preparedWith(journal, '0x2', ['d', 'e']);
      const [concluded, resolved, later] = await Promise.all([
        journal.conclude('d', settledBy('0x1')),
        journal.resolve('0x1', INCLUDED, [
          { id: 'a', conclusion: settledBy('0x1') },
          { id: 'b', conclusion: settledBy('0x1', { logIndex: 7 }) },
          { id: 'c', conclusion: settledBy('0x1', { logIndex: 7 }) },
        ]),
        journal.conclude('e', settledBy('0x1', { logIndex: 7 })),
      ]);
      expect([concluded, resolved, later]).toEqual(['ended', ['taken', 'ended', 'taken'], 'taken']);
      // What was refused may end by other evidence, also in the group that refused it.
      const again = [settledBy('0x1', { logIndex: 7 }), settledBy('0x1', { logIndex: 8 }), failedBy('0x1')];
      expect(await Promise.all(again.map((each) => journal.conclude('e', each)))).toEqual(['taken', 'ended', 'known']);
    });

    test('knows transfers by their networks: a transaction may be on several', async () => {
      await journal.claim(sampleClaim('there', { network: OTHER_NETWORK }));
      await prepare(journal, '0xthere', ['there'], { network: OTHER_NETWORK });
      expect(await journal.conclude('a', settledBy('0xstranger'))).toBe('ended');
      expect(await journal.conclude('there', settledBy('0xstranger'))).toBe('ended');
    });

    test('concludes a failure that no transaction proves', async () => {
      expect(await journal.conclude('a', failedBy(''))).toBe('ended');
      expect(await journal.payment('a')).toMatchObject({ state: 'failed', transaction: undefined });
    });

    test('concludes nothing that was never prepared', async () => {
      await journal.claim(sampleClaim('claimed'));
      for (const id of ['claimed', 'unknown', 'a\0'])
        await expect(journal.conclude(id, settledBy('0x1'))).rejects.toMatchObject({ fault: 'refused' });
      expect(await journal.payment('claimed')).toMatchObject({ state: 'claimed' });
    });

    test('delivers a settled payment once', async () => {
      expect(await journal.deliver('a')).toBe(false);
      await journal.resolve('0x1', INCLUDED, [
        { id: 'a', conclusion: settledBy('0x1') },
        { id: 'b', conclusion: failedBy('0x1') },
      ]);
      expect(await journal.deliver('b')).toBe(false);
      expect(await journal.deliver('unknown')).toBe(false);
      expect(await Promise.all([journal.deliver('a'), journal.deliver('a')])).toEqual([true, false]);
      expect(await journal.payment('a')).toMatchObject({ delivered: true });
    });

    test('gives a key that comes later to a payment that has none, and with it a success that nobody was told', async () => {
      await journal.claim(sampleClaim('keyed', { key: 'k0' }));
      expect(await journal.takeKey('c', 'k3')).toBe(true);
      expect(await journal.payment('c')).toMatchObject({ state: 'prepared', key: 'k3', delivered: false });
      await journal.resolve('0x1', INCLUDED, [
        { id: 'a', conclusion: settledBy('0x1') },
        { id: 'b', conclusion: failedBy('0x1') },
      ]);
      const [first, second, delivery] = await Promise.all([
        journal.takeKey('a', 'k1'),
        journal.takeKey('a', 'k2'),
        journal.deliver('a'),
      ]);
      expect([first, second, delivery]).toEqual([true, false, false]);
      expect(await journal.payment('a')).toMatchObject({ key: 'k1', delivered: true });
      expect(await journal.paymentByKey('k1')).toMatchObject({ id: 'a' });
      for (const [id, key] of [
        ['b', 'k4'],
        ['keyed', 'k4'],
        ['unknown', 'k4'],
      ] as const)
        expect(await journal.takeKey(id, key)).toBe(false);
      expect(await journal.paymentByKey('k4')).toBeUndefined();
    });

    test('gives nobody a key that is another payment’s, or a success that somebody was told', async () => {
      await journal.claim(sampleClaim('keyed', { key: 'k0' }));
      await journal.resolve('0x1', INCLUDED, both);
      await journal.conclude('c', settledBy('0x1', { logIndex: 4 }));
      expect(await Promise.all([journal.takeKey('a', 'k1'), journal.takeKey('c', 'k0')])).toEqual([false, false]);
      expect(await journal.payment('c')).toMatchObject({ key: undefined, delivered: false });
      expect(await journal.deliver('c')).toBe(true);
    });

    test('takes a delivery back, and gives it again once', async () => {
      await journal.resolve('0x1', INCLUDED, both);
      expect(await journal.deliver('a')).toBe(false);
      await Promise.all([journal.undeliver('a'), journal.undeliver('a')]);
      expect(await journal.payment('a')).toMatchObject({ state: 'settled', delivered: false });
      expect(await journal.deliver('a')).toBe(true);
      for (const id of ['b', 'c', 'unknown']) {
        const before = await journal.payment(id);
        await journal.undeliver(id);
        expect(await journal.payment(id)).toEqual(before);
      }
    });
  });
}
