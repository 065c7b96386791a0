/** A connection that breaks in a transaction or around its COMMIT: the journal tries again, or finds out what happened. */
import type { Clock } from '@facilitator/engine';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Breaker, startBreaker } from './breaker.ts';
import { compete } from './candidate.ts';
import { NETWORK, prepare, sampleClaim } from './samples.ts';
import { type Place, type StoreUnderTest, steadyClock } from './store-under-test.ts';

/** A hundred times as fast, so that patience ends soon. */
const hastyClock: Clock = {
  ...steadyClock,
  milliseconds: () => performance.now() * 100,
  after: (ms, act) => steadyClock.after(ms / 100, act),
};

export function describeLostCommit(store: StoreUnderTest): void {
  describe('a lost commit', () => {
    let place: Place;
    let breaker: Breaker;
    beforeEach(async () => {
      place = await store.place();
      breaker = await startBreaker(place.url);
    });
    afterEach(async () => {
      await place.clear();
      await breaker.stop();
    });

    /** A journal that writes, and the moment when it does so again after its session broke. */
    async function openWriter() {
      const journal = await place.open({ url: breaker.url, writes: false });
      const right = await compete(journal, 'here', []);
      return { journal, again: right.heard('held') };
    }

    test('is not lost when the connection breaks before it: the writes are tried again', async () => {
      const { journal, again } = await openWriter();
      breaker.arm('early');
      expect(await journal.claim(sampleClaim('a'))).toEqual({ status: 'claimed' });
      await again;
      expect(await prepare(journal, '0x1', ['a'])).toMatchObject({ nonce: 0n });
    });

    test('that happened is a success', async () => {
      const { journal, again } = await openWriter();
      await journal.claim(sampleClaim('a'));
      breaker.arm('after');
      expect(await prepare(journal, '0x1', ['a'])).toMatchObject({ nonce: 0n });
      await again;
      expect(await prepare(journal, '0x2', [])).toMatchObject({ nonce: 1n });
      expect((await journal.unfinished(NETWORK)).attempts.map(({ hash }) => hash)).toEqual(['0x1', '0x2']);
    });

    test('that did not happen is a rejection, and nothing is stored', async () => {
      const { journal, again } = await openWriter();
      await journal.claim(sampleClaim('a'));
      breaker.arm('before');
      await expect(prepare(journal, '0x1', ['a'])).rejects.toMatchObject({ fault: 'unavailable' });
      expect(await journal.payment('a')).toMatchObject({ state: 'claimed' });
      await again;
      expect(await prepare(journal, '0x2', ['a'])).toMatchObject({ nonce: 0n });
    });

    test('that nobody can tell is uncertain, and says so', async () => {
      const journal = await place.open({ url: breaker.url, clock: hastyClock });
      breaker.arm('gone');
      await expect(journal.claim(sampleClaim('a'))).rejects.toMatchObject({ fault: 'uncertain' });
      await expect(journal.claim(sampleClaim('b'))).rejects.toMatchObject({ fault: 'unavailable' });
      breaker.mend();
      expect(await journal.claim(sampleClaim('a'))).toMatchObject({ status: 'taken' });
    });
  });
}
