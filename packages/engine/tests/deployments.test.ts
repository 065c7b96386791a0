/** Payments that make their payer's account, and those that go another way once it is there. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fakePayment, NETWORK, unprovenPayment } from './fake-payment.ts';
import { createWorld, type World } from './world.ts';

let world: World;
let soon: bigint;
beforeEach(async () => {
  world = await createWorld();
  soon = world.clock.now() + 60n;
});
afterEach(() => world.close());

describe('a payment that makes its payer’s account', () => {
  const making = (nonce: string, payer = '0xbuyer') => fakePayment(`deploys-${nonce}`, soon, { payer });
  const REFUSED = {
    status: 'unavailable',
    retryAfter: 2,
    message: expect.stringContaining('making the payer’s account on chain, and this one goes another way after it'),
  };

  it('is the only one of its payer on its way, however many come at once; others are not held up', async () => {
    const calls = [making('a'), making('b'), making('c', '0xother'), fakePayment('plain', soon)].map((payment) =>
      world.settle(payment),
    );
    await world.blocks(1);
    expect((await world.settle(making('d'))).answer).toMatchObject(REFUSED);
    await world.blocks(3);
    const [a, b, c, plain] = (await Promise.all(calls)).map(({ answer }) => answer);
    expect([a?.status, c?.status, plain?.status]).toEqual(['settled', 'settled', 'settled']);
    expect(b).toMatchObject(REFUSED);
    expect(world.ledger.everBroadcast.size).toBe(3);
    const again = world.settle(making('b'));
    await world.blocks(4);
    expect((await again).answer.status).toBe('settled');
  });

  it('is still the only one after a restart', async () => {
    const first = world.settle(making('a'), { waitMs: 500 });
    await world.clock.advance(600);
    expect((await first).answer.status).toBe('pending');
    world.crash();
    await world.start();
    expect((await world.settle(making('b'))).answer).toMatchObject(REFUSED);
    await world.blocks(4);
    const [retry, other] = [world.settle(making('a')), world.settle(making('b'))];
    await world.blocks(4);
    expect([(await retry).answer.status, (await other).answer.status]).toEqual(['settled', 'settled']);
  });
});

describe('a payment that goes another way than it was presented', () => {
  it('is kept and sent as the chain has looked at it, and a retry is known by what was presented', async () => {
    const wrapped = () => unprovenPayment('a', soon, 'good, wrapped');
    const first = world.settle(wrapped(), { waitMs: 500 });
    await world.clock.advance(600);
    expect((await first).answer.status).toBe('pending');
    const record = await world.journal.payment(`${NETWORK}:0xbuyer:a`);
    expect(JSON.parse(record?.authorization ?? '{}')).toMatchObject({ signature: 'good' });
    expect(world.ledger.signatures).toEqual(['good']);
    await world.blocks(4);
    expect((await world.settle(wrapped())).answer.status).toBe('settled');
  });
});
