/** Replacements: several open transactions at one nonce, of which one is ever included. */
import type { Journal } from '@facilitator/engine';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  failedBy,
  INCLUDED,
  NETWORK,
  prepare,
  preparedWith,
  propose,
  SUPERSEDED,
  sampleClaim,
  settledBy,
} from './samples.ts';
import type { Place, StoreUnderTest } from './store-under-test.ts';

export function describeReplacements(store: StoreUnderTest): void {
  describe('replacements', () => {
    let place: Place;
    let journal: Journal;
    beforeEach(async () => {
      place = await store.place();
      journal = await place.open();
      await preparedWith(journal, '0x1', ['b', 'a', 'c']);
    });
    afterEach(() => place.clear());

    test('take the nonce and the payments of what they replace', async () => {
      const first = (await journal.unfinished(NETWORK)).attempts[0];
      const second = await journal.replace('0x1', { hash: '0x2', bytes: 'dearer' });
      expect(second).toEqual({ ...first, hash: '0x2', bytes: 'dearer' });
      await journal.close();
      journal = await place.open();
      const { attempts, payments } = await journal.unfinished(NETWORK);
      expect(attempts).toEqual([first, second]);
      expect(new Set(payments.map(({ transaction }) => transaction))).toEqual(new Set(['0x2']));
      for (const hash of ['0x1', '0x2'])
        expect((await journal.paymentsByTransaction(hash)).map(({ id }) => id)).toEqual(['b', 'a', 'c']);
      expect((await prepare(journal, '0x3', [])).nonce).toBe(1n);
    });

    test('come oldest first, whichever was replaced', async () => {
      await prepare(journal, '0xnext', []);
      await journal.replace('0x1', { hash: '0x9', bytes: 'b' });
      await journal.replace('0x9', { hash: '0x5', bytes: 'b' });
      await journal.replace('0x1', { hash: '0x7', bytes: 'b' });
      const { attempts, payments } = await journal.unfinished(NETWORK);
      expect(attempts.map(({ hash }) => hash)).toEqual(['0x1', '0x9', '0x5', '0x7', '0xnext']);
      expect(new Set(payments.map(({ transaction }) => transaction))).toEqual(new Set(['0x7']));
    });

    test('leave what is final as it is', async () => {
      await journal.conclude('a', settledBy('0x1'));
      await journal.conclude('b', failedBy(''));
      const before = [await journal.payment('a'), await journal.payment('b')];
      expect(await journal.replace('0x1', { hash: '0x2', bytes: 'dearer' })).toMatchObject({ items: ['b', 'a', 'c'] });
      expect([await journal.payment('a'), await journal.payment('b')]).toEqual(before);
    });

    test('keep their payments from other nonces while one of them is open', async () => {
      await journal.replace('0x1', { hash: '0x2', bytes: 'dearer' });
      expect(await propose(journal, '0x3', ['a'])).toEqual({ status: 'gone', ids: ['a'] });
      expect(await journal.resolve('0x2', SUPERSEDED, [])).toEqual([]);
      expect(await prepare(journal, '0x3', ['a'])).toMatchObject({ nonce: 1n });
    });

    test.each(['0x1', '0x2', '0x3'])('have their outcome with the one that is included, be it %s', async (mined) => {
      await journal.replace('0x1', { hash: '0x2', bytes: 'dearer' });
      await journal.replace('0x2', { hash: '0x3', bytes: 'dearest' });
      await prepare(journal, '0xnext', []);
      await prepare(journal, '0xother', [], { signer: '0xOther' });
      const conclusions = ['a', 'b'].map((id, logIndex) => ({ id, conclusion: settledBy(mined, { logIndex }) }));
      expect(await journal.resolve(mined, INCLUDED, conclusions)).toEqual(['ended', 'ended']);
      const { attempts, payments } = await journal.unfinished(NETWORK);
      expect(attempts.map(({ hash }) => hash)).toEqual(['0xother', '0xnext']);
      expect(payments.map(({ id }) => id)).toEqual(['c']);
      for (const hash of ['0x1', '0x2', '0x3'].filter((each) => each !== mined)) {
        await expect(journal.resolve(hash, INCLUDED, [])).rejects.toMatchObject({ fault: 'refused' });
        expect(await journal.resolve(hash, SUPERSEDED, [])).toEqual([]);
        await expect(journal.replace(hash, { hash: '0x8', bytes: '' })).rejects.toMatchObject({ fault: 'refused' });
      }
    });

    test('are not both included, not even in one group', async () => {
      await journal.replace('0x1', { hash: '0x2', bytes: 'dearer' });
      const both = await Promise.allSettled([
        journal.resolve('0x2', INCLUDED, [{ id: 'a', conclusion: settledBy('0x2') }]),
        journal.resolve('0x1', INCLUDED, [{ id: 'b', conclusion: settledBy('0x1') }]),
      ]);
      expect(both).toMatchObject([{ value: ['ended'] }, { reason: { fault: 'refused' } }]);
      expect(await journal.payment('b')).toMatchObject({ state: 'prepared' });
      await journal.close();
      const include = `update transactions set outcome = 'included', block = 1, cost = '1' where hash = '0x1'`;
      await expect(place.sql(include)).rejects.toThrow(/unique/i);
    });

    test.each([
      ['an unknown transaction', '0xnone', { hash: '0x2', bytes: 'b' }],
      ['a hash that is journaled', '0x1', { hash: '0x1', bytes: 'b' }],
      ['another transaction’s hash', '0x1', { hash: '0xother', bytes: 'b' }],
      ['no hash', '0x1', { hash: '', bytes: 'b' }],
      ['bytes that cannot be stored', '0x1', { hash: '0x2', bytes: '\0' }],
    ])('refuse %s, and nobody else in their group', async (_, over, signed) => {
      await prepare(journal, '0xother', [], { signer: '0xOther' });
      const before = (await journal.unfinished(NETWORK)).attempts;
      const [replaced, claimed] = await Promise.allSettled([
        journal.replace(over, signed),
        journal.claim(sampleClaim('d')),
      ]);
      expect(replaced).toMatchObject({ reason: { fault: 'refused' } });
      expect(claimed).toMatchObject({ value: { status: 'claimed' } });
      expect((await journal.unfinished(NETWORK)).attempts).toEqual(before);
    });
  });
}
