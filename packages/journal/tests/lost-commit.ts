/** A connection that breaks in a transaction or around its COMMIT: the journal tries again, or finds out what happened. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { Clock } from '@facilitator/engine';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { NETWORK, prepare, sampleClaim } from './samples.ts';
import { type Place, type StoreUnderTest, steadyClock } from './store-under-test.ts';

/**
 * `early`     the connection breaks in the middle of the transaction
 * `before`    the connection breaks and COMMIT never reaches the server
 * `after`     COMMIT is done, and its answer is lost
 * `gone`      as `after`, and the server cannot be reached again
 */
type Break = 'early' | 'before' | 'after' | 'gone';

/** Passes connections on to PostgreSQL and breaks one at the next insert or COMMIT, once armed. */
async function startBreaker(url: string) {
  const { hostname, port } = new URL(url);
  let armed: Break | undefined;
  let gone = false;
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    if (gone) return near.destroy();
    const far = connect(Number(port), hostname);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        near.destroy();
        far.destroy();
        sockets.delete(socket);
      });
    }
    let broken = false;
    near.on('data', (data) => {
      const trigger = armed === 'early' ? 'insert into' : 'commit\0';
      if (armed !== undefined && data.includes(trigger)) {
        broken = true;
        gone = armed === 'gone';
        if (armed === 'before' || armed === 'early') near.destroy();
        armed = undefined;
      }
      if (!near.destroyed) far.write(data);
    });
    far.on('data', (data) => {
      if (broken) near.destroy();
      else near.write(data);
    });
    return undefined;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port: own } = server.address() as AddressInfo;
  return {
    url: url.replace(`:${port}/`, `:${own}/`),
    arm(how: Break) {
      armed = how;
    },
    mend() {
      gone = false;
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A hundred times as fast, so that patience ends soon. */
const hastyClock: Clock = {
  ...steadyClock,
  milliseconds: () => performance.now() * 100,
  after: (ms, act) => steadyClock.after(ms / 100, act),
};

export function describeLostCommit(store: StoreUnderTest): void {
  describe('a lost commit', () => {
    let place: Place;
    let breaker: Awaited<ReturnType<typeof startBreaker>>;
    beforeEach(async () => {
      place = await store.place();
      breaker = await startBreaker(place.url);
    });
    afterEach(async () => {
      await place.clear();
      await breaker.stop();
    });

    test('is not lost when the connection breaks before it: the writes are tried again', async () => {
      const journal = await place.open({ url: breaker.url });
      breaker.arm('early');
      expect(await journal.claim(sampleClaim('a'))).toEqual({ status: 'claimed' });
      expect(await prepare(journal, '0x1', ['a'])).toMatchObject({ nonce: 0n });
    });

    test('that happened is a success', async () => {
      const journal = await place.open({ url: breaker.url });
      await journal.claim(sampleClaim('a'));
      breaker.arm('after');
      expect(await prepare(journal, '0x1', ['a'])).toMatchObject({ nonce: 0n });
      expect(await prepare(journal, '0x2', [])).toMatchObject({ nonce: 1n });
      expect((await journal.unfinished(NETWORK)).attempts.map(({ hash }) => hash)).toEqual(['0x1', '0x2']);
    });

    test('that did not happen is a rejection, and nothing is stored', async () => {
      const journal = await place.open({ url: breaker.url });
      await journal.claim(sampleClaim('a'));
      breaker.arm('before');
      await expect(prepare(journal, '0x1', ['a'])).rejects.toMatchObject({ fault: 'unavailable' });
      expect(await journal.payment('a')).toMatchObject({ state: 'claimed' });
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
