/** Preparing: nonces, what is preparable, and all or nothing. */
import type { Journal } from '@facilitator/engine';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  attemptOf,
  failedBy,
  INCLUDED,
  itemsOf,
  NETWORK,
  OTHER_NETWORK,
  prepare,
  preparedWith,
  propose,
  SUPERSEDED,
  sampleClaim,
  settledBy,
} from './samples.ts';
import type { Place, StoreUnderTest } from './store-under-test.ts';

export function describeAttempts(store: StoreUnderTest): void {
  describe('attempts', () => {
    let place: Place;
    let journal: Journal;
    beforeEach(async () => {
      place = await store.place();
      journal = await place.open();
    });
    afterEach(() => place.clear());

    test('stores transaction, items and state together', async () => {
      const ids = Array.from({ length: 120 }, (_, at) => `p${(at * 37) % 120}`);
      const attempt = await preparedWith(journal, '0x1', ids);
      expect(attempt).toEqual({
        network: NETWORK,
        signer: '0xSigner',
        nonce: 0n,
        items: ids,
        hash: '0x1',
        bytes: 'bytes at 0',
      });
      const { attempts, payments } = await journal.unfinished(NETWORK);
      expect(attempts).toEqual([attempt]);
      expect(payments).toHaveLength(120);
      expect(new Set(payments.map(({ state, transaction }) => `${state} ${transaction}`))).toEqual(
        new Set(['prepared 0x1']),
      );
      const carried = await journal.paymentsByTransaction('0x1');
      expect(carried.map(({ id }) => id)).toEqual(ids);
    });

    test('takes the larger of the floor and the nonce after the last', async () => {
      const nonces: bigint[] = [];
      for (const floor of [5n, 0n, 6n, 9n, 2n])
        nonces.push((await prepare(journal, `0x${floor}`, [], { floor })).nonce);
      expect(nonces).toEqual([5n, 6n, 7n, 9n, 10n]);
      expect((await prepare(journal, '0xother', [], { signer: '0xOther', floor: 3n })).nonce).toBe(3n);
      expect((await prepare(journal, '0xelse', [], { network: OTHER_NETWORK })).nonce).toBe(0n);
    });

    test('keeps 64-bit nonces exactly, and counts them after a restart', async () => {
      const large = 2n ** 60n + 1n;
      await prepare(journal, '0x1', [], { floor: large });
      await journal.resolve('0x1', SUPERSEDED, []);
      await journal.close();
      const again = await place.open();
      expect((await prepare(again, '0x2', [])).nonce).toBe(large + 1n);
      await expect(prepare(again, '0x3', [], { floor: 2n ** 63n })).rejects.toMatchObject({ fault: 'refused' });
    });

    test('fills a gap that nothing open uses, and leaves the other nonces alone', async () => {
      await prepare(journal, '0x7', [], { floor: 7n });
      expect(await prepare(journal, '0x4', [], { gap: 4n })).toMatchObject({ nonce: 4n, items: [] });
      await expect(prepare(journal, '0x4b', [], { gap: 4n })).rejects.toMatchObject({ fault: 'refused' });
      await journal.resolve('0x4', SUPERSEDED, []);
      expect(await prepare(journal, '0x4b', [], { gap: 4n })).toMatchObject({ nonce: 4n });
      await journal.resolve('0x4b', INCLUDED, []);
      // A reorganisation took it away, and another one its place.
      await prepare(journal, '0x4c', [], { gap: 4n });
      await journal.resolve('0x4c', { status: 'included', block: 78n, cost: 7n }, []);
      expect((await journal.costs({ network: NETWORK, signer: '0xSigner' }, 0n)).map(({ cost }) => cost)).toEqual([7n]);
      // Those after the last go on where they were.
      expect((await prepare(journal, '0x8', [])).nonce).toBe(8n);
      expect((await journal.unfinished(NETWORK)).attempts.map(({ hash }) => hash)).toEqual(['0x7', '0x8']);
    });

    test('stores nothing when signing fails', async () => {
      await journal.claim(sampleClaim('a'));
      const fault = new Error('the key service is away');
      const failing = journal.prepare({ network: NETWORK, signer: '0xSigner', floor: 0n }, itemsOf(['a']), async () => {
        throw fault;
      });
      await expect(failing).rejects.toBe(fault);
      expect(await journal.payment('a')).toMatchObject({ state: 'claimed' });
      expect(await prepare(journal, '0x1', ['a'])).toMatchObject({ nonce: 0n });
    });

    test('holds nothing open while signing takes its time', async () => {
      await journal.claim(sampleClaim('a'));
      const { promise, resolve } = Promise.withResolvers<void>();
      const slow = journal.prepare({ network: NETWORK, signer: '0xSigner', floor: 0n }, itemsOf(['a']), async () => {
        await promise;
        return { hash: '0x1', bytes: '0xbytes' };
      });
      expect(await journal.claim(sampleClaim('b'))).toEqual({ status: 'claimed' });
      expect(await prepare(journal, '0x2', ['b'], { signer: '0xOther' })).toMatchObject({ items: ['b'] });
      expect(await journal.payment('a')).toMatchObject({ state: 'claimed' });
      resolve();
      expect(attemptOf(await slow)).toMatchObject({ hash: '0x1' });
    });

    test('fails when its nonce went to another while it was signed', async () => {
      await journal.claim(sampleClaim('a'));
      const overtaken = journal.prepare(
        { network: NETWORK, signer: '0xSigner', floor: 0n },
        itemsOf(['a']),
        async () => {
          await prepare(journal, '0xfaster', []);
          return { hash: '0xslower', bytes: '0xbytes' };
        },
      );
      await expect(overtaken).rejects.toMatchObject({ fault: 'refused' });
      expect(await journal.payment('a')).toMatchObject({ state: 'claimed' });
      expect(await journal.paymentsByTransaction('0xslower')).toEqual([]);
      expect(await prepare(journal, '0x1', ['a'])).toMatchObject({ nonce: 1n });
    });

    test.each([
      ['named twice', ['free', 'free']],
      ['on another network', ['elsewhere']],
    ])('refuses a payment that is %s, with all that come with it', async (_, items) => {
      await journal.claim(sampleClaim('free'));
      await journal.claim(sampleClaim('elsewhere', { network: OTHER_NETWORK }));
      const before = await journal.unfinished(NETWORK);
      await expect(propose(journal, '0x2', ['free', ...items])).rejects.toMatchObject({ fault: 'refused' });
      expect(await journal.unfinished(NETWORK)).toEqual(before);
      expect(await journal.paymentsByTransaction('0x2')).toEqual([]);
      expect(await prepare(journal, '0x3', ['free'])).toMatchObject({ nonce: 0n });
    });

    test('says which payments are gone and stores nothing, so that the others can be prepared', async () => {
      await preparedWith(journal, '0x1', ['settled', 'failed', 'carried']);
      await journal.conclude('settled', settledBy('0x1'));
      await journal.conclude('failed', failedBy('0x1'));
      for (const id of ['free', 'queued', 'released', 'withdrawn', 'again']) await journal.claim(sampleClaim(id));
      for (const id of ['queued', 'withdrawn']) await journal.handOver(id);
      for (const id of ['released', 'withdrawn', 'again']) await journal.release(id);
      // The same anchor, presented again for something else.
      await journal.claim(sampleClaim('again', { fingerprint: 'other terms' }));
      const fit = ['free', 'queued'];
      const unfit = ['unknown', 'settled', 'failed', 'carried', 'released', 'withdrawn', 'again'];
      const before = await journal.unfinished(NETWORK);
      const ids = [...unfit.slice(0, 3), ...fit, ...unfit.slice(3)];
      expect(await propose(journal, '0x2', ids)).toEqual({ status: 'gone', ids: unfit });
      for (const id of unfit)
        expect(await propose(journal, '0x2', ['free', id])).toEqual({ status: 'gone', ids: [id] });
      expect(await journal.unfinished(NETWORK)).toEqual(before);
      expect(await journal.paymentsByTransaction('0x2')).toEqual([]);
      expect(await prepare(journal, '0x2', fit)).toMatchObject({ nonce: 1n, items: fit });
    });

    test('refuses a hash that it has', async () => {
      await preparedWith(journal, '0x1', ['a']);
      await journal.claim(sampleClaim('b'));
      await expect(prepare(journal, '0x1', ['b'])).rejects.toMatchObject({ fault: 'refused' });
      await expect(prepare(journal, '', ['b'])).rejects.toMatchObject({ fault: 'refused' });
      expect(await journal.payment('b')).toMatchObject({ state: 'claimed' });
    });

    test('prepares again what an attempt with an outcome has left', async () => {
      await preparedWith(journal, '0x1', ['a', 'b']);
      await journal.resolve('0x1', INCLUDED, [{ id: 'b', conclusion: settledBy('0x1') }]);
      expect(await journal.payment('a')).toMatchObject({ state: 'prepared', transaction: '0x1' });
      await prepare(journal, '0x2', ['a']);
      expect(await journal.payment('a')).toMatchObject({ state: 'prepared', transaction: '0x2' });
      for (const hash of ['0x1', '0x2'])
        expect((await journal.paymentsByTransaction(hash)).map(({ id }) => id)).toContain('a');
      expect((await journal.unfinished(NETWORK)).attempts.map(({ hash }) => hash)).toEqual(['0x2']);
    });

    test('of two attempts for one payment in one group, one is stored', async () => {
      await journal.claim(sampleClaim('a'));
      const both = await Promise.all([
        propose(journal, '0x1', ['a'], { signer: '0xOne' }),
        propose(journal, '0x2', ['a'], { signer: '0xTwo' }),
      ]);
      expect(both.map(({ status }) => status).toSorted()).toEqual(['gone', 'prepared']);
      expect((await journal.unfinished(NETWORK)).attempts).toHaveLength(1);
    });

    test('lists what is unfinished, lowest nonce first, this network only', async () => {
      await journal.claim(sampleClaim('elsewhere', { network: OTHER_NETWORK }));
      await prepare(journal, '0xelse', ['elsewhere'], { network: OTHER_NETWORK });
      await preparedWith(journal, '0xten', ['a', 'b']);
      await journal.claim(sampleClaim('c'));
      await prepare(journal, '0xfive', ['c'], { signer: '0xOther', floor: 0n });
      await prepare(journal, '0xlast', []);
      // All its payments are final, and yet its nonce has to be watched.
      await journal.conclude('c', failedBy('0xfive'));
      // Its caller waits in this very process: nobody has to recover it.
      await journal.claim(sampleClaim('d'));
      await journal.claim(sampleClaim('e'));
      await journal.handOver('e');
      const { payments, attempts } = await journal.unfinished(NETWORK);
      expect(payments.map(({ id, state }) => [id, state])).toEqual([
        ['a', 'prepared'],
        ['b', 'prepared'],
        ['e', 'queued'],
      ]);
      expect(payments.map(({ authorization }) => authorization)).toEqual(
        ['a', 'b', 'e'].map((id) => sampleClaim(id).authorization),
      );
      expect(attempts.map(({ hash, nonce, items }) => [hash, nonce, items])).toEqual([
        ['0xfive', 0n, ['c']],
        ['0xten', 0n, ['a', 'b']],
        ['0xlast', 1n, []],
      ]);
    });
  });
}
