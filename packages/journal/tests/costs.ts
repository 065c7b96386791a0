/** What a signer's transactions cost, since a time. */
import type { Journal } from '@facilitator/engine';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { NETWORK, OTHER_NETWORK, preparedWith, SUPERSEDED, settledBy } from './samples.ts';
import { NOW, type Place, type StoreUnderTest, steadyClock } from './store-under-test.ts';

export function describeCosts(store: StoreUnderTest): void {
  describe('costs', () => {
    let place: Place;
    let journal: Journal;
    let now = NOW;
    beforeEach(async () => {
      now = NOW;
      place = await store.place();
      journal = await place.open({ clock: { ...steadyClock, now: () => now } });
    });
    afterEach(() => place.clear());

    const lane = { network: NETWORK, signer: '0xSigner' } as const;
    const include = (hash: string, cost: bigint) =>
      journal.resolve(hash, { status: 'included', block: 1n, cost }, [
        { id: `of ${hash}`, conclusion: settledBy(hash) },
      ]);

    test('are those of included transactions that were signed since then, the newest first', async () => {
      for (const hash of ['0x1', '0x2', '0x3', '0x4']) {
        await preparedWith(journal, hash, [`of ${hash}`]);
        now += 100n;
      }
      await include('0x1', 1n);
      await include('0x2', 10n ** 30n);
      await journal.resolve('0x3', SUPERSEDED, []);
      expect(await journal.costs(lane, 0n)).toEqual([
        { nonce: 1n, cost: 10n ** 30n, at: NOW + 100n },
        { nonce: 0n, cost: 1n, at: NOW },
      ]);
      expect(await journal.costs(lane, NOW + 1n)).toEqual([{ nonce: 1n, cost: 10n ** 30n, at: NOW + 100n }]);
      expect(await journal.costs({ ...lane, network: OTHER_NETWORK }, 0n)).toEqual([]);
      expect(await journal.costs({ ...lane, signer: '0xAnother' }, 0n)).toEqual([]);
    });

    test('of a long day are all there', async () => {
      await journal.close();
      const rows = 4_500;
      for (let from = 0; from < rows; from += 500) {
        const values = Array.from({ length: 500 }, (_, at) => from + at).map(
          (nonce) => `('t${nonce}', '${NETWORK}', '0xSigner', ${nonce}, 'included', 1, '${nonce}', ${NOW})`,
        );
        await place.sql(
          `insert into transactions (hash, network, signer, nonce, outcome, block, cost, created_at) values ${values.join(', ')}`,
        );
      }
      const again = await place.open();
      const costs = await again.costs(lane, NOW);
      expect(costs.map(({ cost }) => cost)).toEqual(Array.from({ length: rows }, (_, at) => BigInt(rows - 1 - at)));
      expect(await again.costs(lane, NOW + 1n)).toEqual([]);
    });
  });
}
