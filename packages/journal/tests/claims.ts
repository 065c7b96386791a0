/** Claiming, looking up and releasing. */
import type { Journal } from '@facilitator/engine';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { failedBy, INCLUDED, MAX_UINT256, NETWORK, preparedWith, sampleClaim, settledBy } from './samples.ts';
import { NOW, type Place, type StoreUnderTest } from './store-under-test.ts';

export function describeClaims(store: StoreUnderTest): void {
  describe('claims', () => {
    let place: Place;
    let journal: Journal;
    beforeEach(async () => {
      place = await store.place();
      journal = await place.open();
    });
    afterEach(() => place.clear());

    test('keeps every term of a claim as it came', async () => {
      const key = 'sleutel ✓ "\'; drop table payments';
      expect(await journal.claim(sampleClaim('a', { key }))).toEqual({ status: 'claimed' });
      const { authorization, ...terms } = sampleClaim('a');
      const record = {
        ...terms,
        key,
        authorization,
        state: 'claimed',
        transaction: undefined,
        locator: undefined,
        reason: undefined,
        message: undefined,
        delivered: false,
        claimedAt: NOW,
        concludedAt: undefined,
      };
      expect(await journal.payment('a')).toEqual(record);
      expect(await journal.paymentByKey(key)).toEqual(record);
      expect(record.amount).toBe(MAX_UINT256);
    });

    test('finds nothing under an unknown id, key or transaction', async () => {
      expect(await journal.payment('a')).toBeUndefined();
      expect(await journal.paymentByKey('a')).toBeUndefined();
      expect(await journal.paymentsByTransaction('a')).toEqual([]);
    });

    test('says who has the anchor, whatever became of it', async () => {
      await preparedWith(journal, '0x1', ['prepared', 'settled', 'failed']);
      for (const id of ['claimed', 'queued']) await journal.claim(sampleClaim(id));
      await journal.handOver('queued');
      await journal.conclude('settled', settledBy('0x1'));
      await journal.conclude('failed', failedBy('0x1'));
      for (const state of ['claimed', 'queued', 'prepared', 'settled', 'failed']) {
        const again = await journal.claim(sampleClaim(state, { fingerprint: 'other terms' }));
        expect(again).toEqual({ status: 'taken', payment: await journal.payment(state) });
        expect(again).toMatchObject({ payment: { id: state, state, fingerprint: `terms of ${state}` } });
      }
    });

    test('gives a key to one payment only', async () => {
      await journal.claim(sampleClaim('a', { key: 'k' }));
      expect(await journal.claim(sampleClaim('b', { key: 'k' }))).toEqual({ status: 'key-conflict' });
      expect(await journal.payment('b')).toBeUndefined();
      expect(await journal.claim(sampleClaim('a', { key: 'k' }))).toMatchObject({ status: 'taken' });
    });

    test('answers a conflict when the anchor is taken and the key is another payment’s', async () => {
      await journal.claim(sampleClaim('a', { key: 'k' }));
      await journal.claim(sampleClaim('b'));
      expect(await journal.claim(sampleClaim('b', { key: 'k' }))).toEqual({ status: 'key-conflict' });
    });

    test('tells claims of one group apart', async () => {
      const results = await Promise.all([
        journal.claim(sampleClaim('a', { key: 'k' })),
        journal.claim(sampleClaim('a')),
        journal.claim(sampleClaim('b', { key: 'k' })),
        journal.claim(sampleClaim('c')),
      ]);
      expect(results.map(({ status }) => status)).toEqual(['claimed', 'taken', 'key-conflict', 'claimed']);
    });

    test('forgets a released claim, and frees its key', async () => {
      await journal.claim(sampleClaim('a', { key: 'k' }));
      expect(await Promise.all([journal.release('a'), journal.release('a')])).toEqual([true, false]);
      expect(await journal.release('a')).toBe(false);
      expect(await journal.payment('a')).toBeUndefined();
      expect(await journal.claim(sampleClaim('b', { key: 'k' }))).toEqual({ status: 'claimed' });
    });

    test('releases nothing that ever had an attempt', async () => {
      await preparedWith(journal, '0x1', ['prepared', 'settled', 'failed', 'again']);
      const conclusions = [
        { id: 'settled', conclusion: settledBy('0x1') },
        { id: 'failed', conclusion: failedBy('0x1') },
      ];
      await journal.resolve('0x1', INCLUDED, conclusions);
      for (const id of ['prepared', 'settled', 'failed', 'again', 'unknown']) {
        const before = await journal.payment(id);
        expect(await journal.release(id)).toBe(false);
        expect(await journal.payment(id)).toEqual(before);
      }
    });

    test('keeps the order of writes on one payment that nobody waited for', async () => {
      const answers = await Promise.all([
        journal.claim(sampleClaim('a')),
        journal.release('a'),
        journal.claim(sampleClaim('a', { fingerprint: 'second' })),
        journal.release('b'),
      ]);
      expect(answers).toEqual([{ status: 'claimed' }, true, { status: 'claimed' }, false]);
      expect(await journal.payment('a')).toMatchObject({ fingerprint: 'second' });
    });

    test.each([
      ['a NUL in the id', { id: 'a\0' }],
      ['half a character in the key', { key: '\ud800' }],
      ['a NUL in the authorization', { authorization: '\0' }],
      ['a negative amount', { amount: -1n }],
      ['a negative expiry', { expires: -1n }],
      ['an empty key', { key: '' }],
      ['an endless key', { key: 'k'.repeat(513) }],
    ])('refuses %s', async (_, more) => {
      await expect(journal.claim(sampleClaim('a', more))).rejects.toMatchObject({ fault: 'refused' });
      expect(await journal.unfinished(NETWORK)).toEqual({ payments: [], attempts: [] });
      expect(await journal.claim(sampleClaim('a'))).toEqual({ status: 'claimed' });
    });

    test('finds nothing under ids that no store can hold', async () => {
      expect(await journal.payment('a\0')).toBeUndefined();
      expect(await journal.paymentByKey('\ud800')).toBeUndefined();
      expect(await journal.paymentsByTransaction('a\0')).toEqual([]);
      expect(await journal.release('a\0')).toBe(false);
      expect(await journal.deliver('a\0')).toBe(false);
      await journal.undeliver('a\0');
    });

    test('stays as it is when closed and opened again', async () => {
      await preparedWith(journal, '0x1', ['a', 'b']);
      await journal.conclude('a', settledBy('0x1', { delivered: true }));
      const before = [await journal.payment('a'), await journal.unfinished(NETWORK)];
      await journal.close();
      await journal.close();
      await expect(journal.claim(sampleClaim('z'))).rejects.toMatchObject({ fault: 'closed' });
      await expect(journal.payment('a')).rejects.toMatchObject({ fault: 'closed' });
      const again = await place.open();
      expect([await again.payment('a'), await again.unfinished(NETWORK)]).toEqual(before);
    });

    test('writes that were accepted are stored by close', async () => {
      const writes = Array.from({ length: 30 }, (_, at) => journal.claim(sampleClaim(`p${at}`)));
      // Writes are accepted in the turn they are asked for.
      await Promise.resolve();
      await Promise.all([journal.close(), ...writes]);
      const again = await place.open();
      expect((await again.unfinished(NETWORK)).payments).toHaveLength(30);
    });
  });
}
