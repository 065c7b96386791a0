/** News between processes: what happens to a payment elsewhere is told to those it concerns, once it is true. */
import type { Journal, News } from '@facilitator/engine';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Breaker, startBreaker } from './breaker.ts';
import { endListeners, shout } from './database.ts';
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
import type { Place, StoreUnderTest } from './store-under-test.ts';

type Network = typeof NETWORK | typeof OTHER_NETWORK;

/** All news a journal hears of a network. */
function listenTo(journal: Journal, network: Network = NETWORK) {
  const heard: News[] = [];
  let waiting: (() => void)[] = [];
  const stop = journal.listen(network, (news) => {
    heard.push(news);
    for (const look of waiting) look();
  });
  return {
    heard,
    stop,
    /** Resolves when this holds of what was heard. */
    until(holds: (heard: readonly News[]) => boolean): Promise<void> {
      const { promise, resolve } = Promise.withResolvers<void>();
      const look = () => {
        if (!holds(heard)) return;
        waiting = waiting.filter((each) => each !== look);
        resolve();
      };
      waiting.push(look);
      look();
      return promise;
    },
  };
}

export function describeNews(store: StoreUnderTest): void {
  describe('news', () => {
    let place: Place;
    let writer: Journal;
    let one: Journal;
    let two: Journal;
    let round = 0;
    beforeAll(async () => {
      place = await store.place();
      writer = await place.open();
      one = await place.open({ writes: false });
      two = await place.open({ writes: false });
    });
    afterAll(() => place.clear());
    beforeEach(() => {
      round += 1;
    });

    /** All tests share the journals: each has payments of its own. */
    function own(name: string): string {
      return `${name} of test ${round}`;
    }

    /** Resolves when everything that was told before this has been heard by everybody. */
    async function allTold(...listeners: readonly ReturnType<typeof listenTo>[]): Promise<void> {
      const last = own('last');
      // Those who do not listen in this test hear it too, or they would hear it in the next.
      const others = [one, two, writer].map((journal) => listenTo(journal));
      await two.claim(sampleClaim(last));
      await two.handOver(last);
      await Promise.all(listeners.map(({ until }) => until((heard) => heard.includes(last))));
      await Promise.all(others.filter((_, at) => at !== 1).map(({ until }) => until((heard) => heard.includes(last))));
      for (const { stop } of others) stop();
      for (const { heard, stop } of listeners) {
        heard.splice(heard.indexOf(last), 1);
        stop();
      }
    }

    test('every step of a payment that was handed over reaches its process', async () => {
      const [here, there] = [listenTo(one), listenTo(writer)];
      const steps: readonly (() => Promise<unknown>)[] = [
        () => one.claim(sampleClaim(own('a'))),
        () => one.handOver(own('a')),
        () => prepare(writer, own('0x1'), [own('a')]),
        () => writer.replace(own('0x1'), { hash: own('0x2'), bytes: 'dearer' }),
        () => writer.resolve(own('0x2'), SUPERSEDED, []),
        () => prepare(writer, own('0x3'), [own('a')]),
        () => writer.resolve(own('0x3'), INCLUDED, [{ id: own('a'), conclusion: settledBy(own('0x3')) }]),
        () => one.deliver(own('a')),
      ];
      for (const step of steps) await step();
      await allTold(here, there);
      // Handed over: for the writer. Prepared, replaced, prepared again, settled: for the one whose caller waits.
      expect(there.heard).toEqual([own('a')]);
      expect(here.heard).toEqual(Array(4).fill(own('a')));
    });

    test('conclusions and releases by others reach the process, its own words do not', async () => {
      const [here, there] = [listenTo(one), listenTo(writer)];
      for (const id of ['a', 'b', 'c'].map(own)) {
        await one.claim(sampleClaim(id));
        await one.handOver(id);
      }
      await prepare(writer, own('0x1'), [own('a')]);
      await writer.conclude(own('a'), failedBy(own('0x1')));
      await writer.release(own('b'));
      await one.release(own('c'));
      await allTold(here, there);
      // Handed over, all of them; and one that was taken back, because it may be carried there.
      expect(there.heard).toEqual(['a', 'b', 'c', 'c'].map(own));
      expect(here.heard).toEqual(['a', 'a', 'b'].map(own));
    });

    test('what a process carries from end to end is no news', async () => {
      const [here, there] = [listenTo(one), listenTo(writer)];
      await preparedWith(writer, own('0x1'), ['a', 'b'].map(own));
      await writer.resolve(own('0x1'), INCLUDED, [{ id: own('a'), conclusion: settledBy(own('0x1')) }]);
      await writer.conclude(own('b'), failedBy(own('0x1')));
      await one.claim(sampleClaim(own('c')));
      await one.release(own('c'));
      await allTold(here, there);
      expect([here.heard, there.heard]).toEqual([[], []]);
    });

    test('are of the network that is listened to, and end when nobody listens any more', async () => {
      const [here, elsewhere, stopped] = [listenTo(writer), listenTo(writer, OTHER_NETWORK), listenTo(writer)];
      stopped.stop();
      await one.claim(sampleClaim(own('a'), { network: OTHER_NETWORK }));
      await one.handOver(own('a'));
      await allTold(here);
      expect([here.heard, elsewhere.heard, stopped.heard]).toEqual([[], [own('a')], []]);
    });

    test('are told only when they are true', async () => {
      const there = listenTo(writer);
      await one.claim(sampleClaim(own('refused')));
      await place.sql(`create function refuse() returns trigger language plpgsql as
        $$ begin if new.id like 'refused %' then raise exception 'no'; end if; return null; end $$`);
      await place.sql(`create constraint trigger refuse after update on payments deferrable initially deferred
        for each row execute function refuse()`);
      await expect(one.handOver(own('refused'))).rejects.toMatchObject({ name: 'JournalError' });
      await place.sql('drop trigger refuse on payments');
      await allTold(there);
      expect(there.heard).toEqual([]);
    });

    test('are not lost with the company a write travels in', async () => {
      const there = listenTo(writer);
      await one.claim(sampleClaim(own('a')));
      const results = await Promise.allSettled([
        one.handOver(own('a')),
        one.claim(sampleClaim(own('z'), { key: 'k'.repeat(600) })),
        one.claim(sampleClaim(own('b'))),
      ]);
      expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
      await allTold(there);
      expect(there.heard).toEqual([own('a')]);
    });

    test.each(['garbage', '', '12 eip155:84532', 'one eip155:84532 a', '12 eip155 a'])(
      '%j is no news: everybody looks for themselves',
      async (text) => {
        const [here, elsewhere] = [listenTo(writer), listenTo(writer, OTHER_NETWORK)];
        await shout(place, text);
        await allTold(here);
        expect([here.heard, elsewhere.heard]).toEqual([[undefined], [undefined]]);
      },
    );

    test('of an id that is too long are told without it', async () => {
      const there = listenTo(writer);
      const id = 'a'.repeat(9_000);
      await one.claim(sampleClaim(id));
      expect(await one.handOver(id)).toBe(true);
      await allTold(there);
      expect(there.heard).toEqual([undefined]);
    });

    test('keep any id as it is', async () => {
      const there = listenTo(writer);
      const ids = ['eip155:1:0xabc:0x12', 'with spaces and\nlines', '"quoted" \\ ✓', '7'];
      for (const id of ids) {
        await one.claim(sampleClaim(id));
        await one.handOver(id);
      }
      await allTold(there);
      expect(there.heard).toEqual(ids);
    });

    test('that may have been missed are told as such when the connection is back', async () => {
      const [here, there] = [listenTo(one), listenTo(writer)];
      expect(await endListeners(place)).toBe(3);
      await one.claim(sampleClaim(own('a')));
      await one.handOver(own('a'));
      await Promise.all([here, there].map(({ until }) => until((heard) => heard.includes(undefined))));
      await allTold(here, there);
      expect(here.heard).toEqual([undefined]);
      expect(there.heard[0]).toBe(undefined);
    });

    test('come again after the server was away', async () => {
      const breaker: Breaker = await startBreaker(place.url);
      const far = await place.open({ url: breaker.url, writes: false });
      const heard = listenTo(far);
      breaker.cut();
      await one.claim(sampleClaim(own('a')));
      await one.handOver(own('a'));
      breaker.mend();
      await heard.until((news) => news.includes(undefined));
      await allTold(heard);
      expect(heard.heard).toEqual([undefined]);
      await far.close();
      await breaker.stop();
    });

    test('are complete under load', async () => {
      const EACH = 300;
      const journals = [one, two, writer];
      const heard = journals.map((journal) => listenTo(journal));
      const ids = (at: number) => Array.from({ length: EACH }, (_, index) => `p${at}-${index}`);
      // The writer takes what it hears of in batches, as it comes.
      const carried = new Set<string>();
      const settled = heard[2]?.until((news) => {
        const fresh = [...new Set(news)].filter((id) => id !== undefined && !carried.has(id)).map(String);
        if (fresh.length >= 7 || carried.size + fresh.length === 2 * EACH) {
          for (const id of fresh) carried.add(id);
          work.push(settle(fresh));
        }
        return carried.size === 2 * EACH;
      });
      const work: Promise<unknown>[] = [];
      async function settle(batch: readonly string[]): Promise<void> {
        const hash = `0x${batch[0]}`;
        await prepare(writer, hash, batch, { signer: hash });
        await writer.resolve(
          hash,
          INCLUDED,
          batch.map((id, logIndex) => ({ id, conclusion: settledBy(hash, { logIndex }) })),
        );
      }
      await Promise.all(
        [one, two].flatMap((journal, at) =>
          ids(at).map(async (id) => {
            await journal.claim(sampleClaim(id));
            expect(await journal.handOver(id)).toBe(true);
          }),
        ),
      );
      await settled;
      await Promise.all(work);
      // Each process hears of the preparation and of the end of each of its payments.
      await Promise.all(
        [0, 1].map((at) =>
          heard[at]?.until((news) => {
            const counts = new Map<News, number>();
            for (const id of news) counts.set(id, (counts.get(id) ?? 0) + 1);
            return ids(at).every((id) => (counts.get(id) ?? 0) >= 2);
          }),
        ),
      );
      for (const { heard: all } of heard) expect(all).not.toContain(undefined);
      for (const [at, journal] of [one, two].entries())
        for (const id of ids(at)) expect(await journal.deliver(id)).toBe(true);
    });
  });
}
