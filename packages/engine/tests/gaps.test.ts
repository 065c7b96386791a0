/** Nonces that later ones wait for and that nothing uses. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { fakePayment, NETWORK } from './fake-payment.ts';
import { createWorld, type World } from './world.ts';

let world: World;
let soon: bigint;

beforeEach(async () => {
  world = await createWorld();
  soon = world.clock.now() + 120n;
});
afterEach(() => world.close());

const patient = { waitMs: 100_000 };
const paid = () => [...world.ledger.moved().keys()].map((anchor) => anchor.split(':').at(-1));
const filled = () =>
  world.events.filter((event) => event.type === 'fault' && event.detail.includes('an empty one takes it'));

/** Others used the key, and the process has started since. */
async function stolen(count: number): Promise<void> {
  for (let nonce = 0; nonce < count; nonce += 1) {
    world.ledger.stealNonce('0xone');
    world.ledger.mine();
  }
  world.crash();
  await world.start();
}

it('what others had sent with the key vanishes: empty transactions take its nonces, and those who wait are paid', async () => {
  await stolen(2);
  const answers = Promise.all(['a', 'b'].map((nonce) => world.settle(fakePayment(nonce, soon), patient)));
  await world.clock.advance(10);
  world.ledger.reorganise(2, true);
  await world.blocks(30);
  expect((await answers).map(({ answer }) => answer.status)).toEqual(['settled', 'settled']);
  expect(filled()).toHaveLength(2);
  expect(world.ledger.included().map(({ nonce, anchors }) => [nonce, anchors.length > 0])).toEqual([
    [0n, false],
    [1n, false],
    [2n, true],
    [3n, true],
  ]);
  // They are watched, and let go, like any other.
  await world.blocks(30);
  expect((await world.journal.unfinished(NETWORK)).attempts).toEqual([]);
});

it('also when it had taken the nonce of a payment, which was paid with the next', async () => {
  world.ledger.weather.dropBytes = true;
  const answer = world.settle(fakePayment('a', soon), patient);
  await world.clock.advance(100);
  world.ledger.stealNonce('0xone');
  world.ledger.weather.dropBytes = false;
  await world.blocks(12);
  expect((await answer).answer.status).toBe('settled');
  world.ledger.reorganise(world.ledger.head.number, true);
  expect(paid()).toEqual([]);
  await world.blocks(40);
  expect(paid()).toEqual(['a']);
  expect(filled()).toHaveLength(1);
});

it('also when the journal failed while it was given the empty transaction', async () => {
  await stolen(1);
  const answer = world.settle(fakePayment('a', soon), patient);
  await world.clock.advance(10);
  world.ledger.reorganise(1, true);
  world.uncertainCalls.add('prepare');
  await world.blocks(40);
  expect((await answer).answer.status).toBe('settled');
  expect(world.uncertainCalls).toEqual(new Set());
  expect(filled()).toHaveLength(1);
});

it('a node that lags behind makes no gap: what is signed for a nonce that is used comes to nothing', async () => {
  const first = world.settle(fakePayment('a', soon), patient);
  await world.blocks(30);
  expect((await first).answer.status).toBe('settled');
  const signed = () => world.ledger.everBroadcast.size;
  expect(signed()).toBe(1);
  world.ledger.weather.dropBytes = true;
  const second = world.settle(fakePayment('b', soon), patient);
  await world.clock.advance(100);
  // As if no block was ever mined.
  world.ledger.weather.staleBy = 1_000;
  await world.clock.advance(15_000);
  world.ledger.weather.staleBy = 0;
  world.ledger.weather.dropBytes = false;
  await world.blocks(20);
  expect((await second).answer.status).toBe('settled');
  // Both are where they were, and nothing is left to be watched.
  expect(world.ledger.included().map(({ nonce, anchors }) => [nonce, anchors.length])).toEqual([
    [0n, 1],
    [1n, 1],
  ]);
  await world.blocks(30);
  expect((await world.journal.unfinished(NETWORK)).attempts).toEqual([]);
});

it('a count that is absurdly low is not believed', async () => {
  await stolen(80);
  world.ledger.weather.dropBytes = true;
  const answer = world.settle(fakePayment('a', soon), patient);
  await world.clock.advance(100);
  world.ledger.weather.staleBy = 1_000;
  await world.clock.advance(15_000);
  expect(filled()).toEqual([]);
  world.ledger.weather.staleBy = 0;
  world.ledger.weather.dropBytes = false;
  await world.blocks(20);
  expect((await answer).answer.status).toBe('settled');
});
