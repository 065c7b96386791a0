/** Strangers who know a payment's terms and nonce, but not its signature, must not be able to keep its payer away. */
import type { Payment } from '@facilitator/protocol';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { SettleOptions } from '../src/engine.ts';
import { fakePayment, unprovenPayment } from './fake-payment.ts';
import { status } from './status.ts';
import { createWorld, type World } from './world.ts';

let world: World;
let soon: bigint;

beforeEach(async () => {
  world = await createWorld();
  soon = world.clock.now() + 60n;
});
afterEach(() => world.close());

const junk = (id = 0) => unprovenPayment('a', soon, `junk ${id}`);
const good = () => unprovenPayment('a', soon, 'good');

/** Posts all in this order at one moment, and answers how each ended. */
async function together(payments: readonly Payment[], how: Partial<SettleOptions> = {}) {
  const calls = payments.map((payment) => world.settle(payment, how));
  await world.blocks(4);
  return (await Promise.all(calls)).map(status);
}

it.each([
  ['a wallet’s', () => good()],
  ['a key’s', () => fakePayment('a', soon)],
])('a made-up signature before %s own request is refused and takes nothing from it', async (_whose, own) => {
  const ends = await together([junk(1), junk(2), own(), junk(3)]);
  expect(ends[2]).toBe('settled');
  for (const end of [ends[0], ends[1]]) expect(end).toBe('invalid_exact_evm_signature');
  expect(world.ledger.everBroadcast.size).toBe(1);
});

it('a made-up signature leaves nothing in the journal, whatever the chain says of it', async () => {
  let claims = 0;
  world.meanwhile = (call) => {
    if (call === 'claim') claims += 1;
  };
  expect(status(await world.settle(junk()))).toBe('invalid_exact_evm_signature');
  world.ledger.weather.deaf = true;
  expect(status(await world.settle(junk()))).toBe('unavailable');
  world.ledger.weather.deaf = false;
  expect(claims).toBe(0);
  expect(await together([good()])).toEqual(['settled']);
  expect(claims).toBe(1);
});

it('a wallet’s request that is posted many times at once is settled once', async () => {
  const ends = await together(Array.from({ length: 20 }, good));
  expect(ends.filter((end) => end === 'settled')).toHaveLength(1);
  expect(new Set(ends)).toEqual(new Set(['settled', 'duplicate_settlement']));
  expect(world.ledger.everBroadcast.size).toBe(1);
});

it('with one idempotency key all of them get the one answer', async () => {
  expect(new Set(await together(Array.from({ length: 5 }, good), { key: 'k' }))).toEqual(new Set(['settled']));
  expect(world.ledger.everBroadcast.size).toBe(1);
});

it('a retry is answered from the journal, and a stranger’s is not', async () => {
  const first = world.settle(good(), { waitMs: 500 });
  await world.clock.advance(600);
  expect(status(await first)).toBe('pending');
  await world.blocks(4);
  expect(status(await world.settle(junk()))).toBe('duplicate_settlement');
  expect(status(await world.settle(good()))).toBe('settled');
  expect(status(await world.settle(good()))).toBe('duplicate_settlement');
});

it('does not wait longer than it was asked to', async () => {
  const held = Promise.withResolvers<void>();
  world.ledger.hold = held.promise;
  const call = world.settle(good(), { waitMs: 500 });
  await world.clock.advance(600);
  const { answer } = await call;
  expect(answer).toMatchObject({
    status: 'unavailable',
    message: expect.stringContaining('could not be checked in time'),
  });
  held.resolve();
});
