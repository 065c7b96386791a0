/** Many callers at once, in one process and in several. */
import type { Journal } from '@facilitator/engine';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { failedBy, INCLUDED, NETWORK, prepare, preparedWith, sampleClaim, settledBy } from './samples.ts';
import type { Place, StoreUnderTest } from './store-under-test.ts';

const HUNDRED = Array.from({ length: 100 }, (_, at) => at);

export function describeRaces(store: StoreUnderTest): void {
  describe('races', () => {
    let place: Place;
    beforeEach(async () => {
      place = await store.place();
    });
    afterEach(() => place.clear());

    test('of a hundred claims of one anchor, one wins', async () => {
      const journal = await place.open();
      const results = await Promise.all(
        HUNDRED.map((at) => journal.claim(sampleClaim('a', { fingerprint: `caller ${at}` }))),
      );
      const winners = results.flatMap(({ status }, at) => (status === 'claimed' ? [`caller ${at}`] : []));
      expect(winners).toHaveLength(1);
      for (const each of results)
        if (each.status === 'taken') expect(each.payment).toMatchObject({ fingerprint: winners[0] });
        else expect(each).toEqual({ status: 'claimed' });
    });

    test('of a hundred claims with one key, one wins', async () => {
      const journal = await place.open();
      const results = await Promise.all(HUNDRED.map((at) => journal.claim(sampleClaim(`p${at}`, { key: 'k' }))));
      expect(results.filter(({ status }) => status === 'claimed')).toHaveLength(1);
      expect(results.filter(({ status }) => status === 'key-conflict')).toHaveLength(99);
    });

    test('of a hundred callers, one gets the delivery', async () => {
      const journal = await place.open();
      await preparedWith(journal, '0x1', ['a']);
      await journal.conclude('a', settledBy('0x1'));
      const results = await Promise.all(HUNDRED.map(() => journal.deliver('a')));
      expect(results.filter(Boolean)).toHaveLength(1);
    });

    test('of many conclusions of one payment, one is written', async () => {
      const journal = await place.open();
      await preparedWith(journal, '0x1', ['a']);
      const results = await Promise.all(
        HUNDRED.map((at) => journal.conclude('a', at % 2 === 0 ? settledBy(`0x${at}`) : failedBy('0x1'))),
      );
      expect(results.filter((word) => word === 'ended')).toHaveLength(1);
      const winner = results.indexOf('ended');
      expect((await journal.payment('a'))?.state).toBe(winner % 2 === 0 ? 'settled' : 'failed');
    });
  });

  if (store.name === 'PostgreSQL')
    describe('races of two processes on one database', () => {
      let place: Place;
      let one: Journal;
      let two: Journal;
      beforeEach(async () => {
        place = await store.place();
        one = await place.open();
        two = await place.open({ writes: false });
      });
      afterEach(() => place.clear());

      const each = <T>(act: (journal: Journal, at: number) => Promise<T>) =>
        Promise.all(HUNDRED.flatMap((at) => [act(one, at), act(two, 99 - at)]));

      test('every anchor goes to one of them', async () => {
        const results = await each((journal, at) => journal.claim(sampleClaim(`p${at}`)));
        expect(results.filter(({ status }) => status === 'claimed')).toHaveLength(100);
        expect(results.filter(({ status }) => status === 'taken')).toHaveLength(100);
      });

      test('every key goes to one payment', async () => {
        const results = await Promise.all(
          HUNDRED.flatMap((at) => [
            one.claim(sampleClaim(`one${at}`, { key: `k${at}` })),
            two.claim(sampleClaim(`two${at}`, { key: `k${99 - at}` })),
          ]),
        );
        expect(results.filter(({ status }) => status === 'claimed')).toHaveLength(100);
        expect(results.filter(({ status }) => status === 'key-conflict')).toHaveLength(100);
      });

      test('every ending is written once, whichever way it comes', async () => {
        const ids = HUNDRED.map((at) => `p${at}`);
        await preparedWith(one, '0x1', ids);
        const conclusions = ids.map((id, logIndex) => ({ id, conclusion: settledBy('0x1', { logIndex }) }));
        const [resolved, concluded] = await Promise.all([
          two.resolve('0x1', INCLUDED, conclusions),
          Promise.all(ids.toReversed().map((id) => one.conclude(id, failedBy('0x1')))),
        ]);
        const settled = ids.filter((_, at) => resolved[at] === 'ended');
        const failed = ids.toReversed().filter((_, at) => concluded[at] === 'ended');
        expect([...settled, ...failed].toSorted()).toEqual(ids.toSorted());
        for (const id of settled) expect(await one.payment(id)).toMatchObject({ state: 'settled' });
        for (const id of failed) expect(await two.payment(id)).toMatchObject({ state: 'failed' });
      });

      test('every transfer settles one payment, whoever is first', async () => {
        const ids = HUNDRED.map((at) => `p${at}`);
        const rivals = HUNDRED.map((at) => `q${at}`);
        await preparedWith(one, '0x1', ids);
        await preparedWith(one, '0x2', rivals);
        const results = await Promise.allSettled([
          ...ids.map((id, logIndex) => one.conclude(id, settledBy('0x3', { logIndex }))),
          ...rivals.map((id, logIndex) => two.conclude(id, settledBy('0x3', { logIndex }))),
        ]);
        for (const at of HUNDRED) {
          const pair = [results[at], results[at + HUNDRED.length]];
          expect(pair).toContainEqual({ status: 'fulfilled', value: 'ended' });
          // Who came second finds it taken, or is refused by the table when both looked at once; and then finds it taken.
          const loser = pair[0]?.status === 'fulfilled' && pair[0].value === 'ended' ? `q${at}` : `p${at}`;
          expect(await two.conclude(loser, settledBy('0x3', { logIndex: at }))).toBe('taken');
          expect(await one.payment(loser)).toMatchObject({ state: 'prepared' });
        }
      });

      test('every success is delivered by one of them', async () => {
        const ids = HUNDRED.map((at) => `p${at}`);
        await preparedWith(one, '0x1', ids);
        await Promise.all(ids.map((id, logIndex) => two.conclude(id, settledBy('0x1', { logIndex }))));
        const results = await each((journal, at) => journal.deliver(`p${at}`));
        expect(results.filter(Boolean)).toHaveLength(100);
      });

      test('only the one that writes prepares', async () => {
        await Promise.all(HUNDRED.map((at) => one.claim(sampleClaim(`p${at}`))));
        const results = await Promise.allSettled([
          ...Array.from({ length: 10 }, (_, at) =>
            prepare(one, `0xone${at}`, [`p${at}`, `p${at + 20}`], { signer: `one${at}` }),
          ),
          ...Array.from({ length: 10 }, (_, at) =>
            prepare(two, `0xtwo${at}`, [`p${29 - at}`, `p${9 - at}`], { signer: `two${at}` }),
          ),
        ]);
        expect(results.map(({ status }) => status)).toEqual([
          ...Array(10).fill('fulfilled'),
          ...Array(10).fill('rejected'),
        ]);
        const { attempts } = await two.unfinished(NETWORK);
        expect(attempts.flatMap(({ items }) => items).toSorted()).toEqual(
          [...Array(10).keys()].flatMap((at) => [`p${at}`, `p${at + 20}`]).toSorted(),
        );
      });
    });
}
