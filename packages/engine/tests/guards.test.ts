/** What the engine spends, and what it does when a key, an RPC or a budget gives out. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Settlement, Spending } from '../src/engine.ts';
import { CEILING, COST, RICH } from './fake-chain.ts';
import { fakePayment, NETWORK } from './fake-payment.ts';
import { createWorld, type World } from './world.ts';

const SIGNERS = ['0xone', '0xtwo'];

let world: World;
let soon: bigint;

async function open(spending: Spending = {}, window = 12): Promise<void> {
  world = await createWorld(SIGNERS, window, { spending });
  soon = world.clock.now() + 300n;
}
afterEach(() => world.close());

const verify = async (nonce: string) => (await world.engine.verify(fakePayment(nonce, soon))).answer;
const settle = (nonce: string, caller = 'someone', waitMs = 60_000) =>
  world.settle(fakePayment(nonce, soon), { caller, waitMs });

/** The answer after so many blocks. */
async function after(blocks: number, call: Promise<Settlement>): Promise<Settlement['answer']> {
  await world.blocks(blocks);
  return (await call).answer;
}

const network = () => {
  const [status] = world.engine.networks();
  if (status === undefined) throw new Error('no network');
  return status;
};
const signers = () => network().signers.map(({ address, status }) => `${address} ${status}`);
const events = (...types: readonly string[]) => world.events.filter(({ type }) => types.includes(type));
const signedBy = () => new Set([...world.ledger.included(), ...world.ledger.pool.values()].map(({ signer }) => signer));

describe('a key that is dry', () => {
  beforeEach(() => open());

  it('gets no payments while another has money', async () => {
    world.ledger.dry.add('0xone');
    await world.clock.advance(60_000);
    expect(signers()).toEqual(['0xone dry', '0xtwo good']);
    expect(network()).toMatchObject({ status: 'open', reason: '' });
    const answers = await Promise.all(['a', 'b', 'c'].map((nonce) => after(4, settle(nonce))));
    expect(answers.map(({ status }) => status)).toEqual(['settled', 'settled', 'settled']);
    expect(signedBy()).toEqual(new Set(['0xtwo']));
  });

  it('stops settling when it is the last, names it, and claims nothing', async () => {
    for (const signer of SIGNERS) world.ledger.dry.add(signer);
    await world.clock.advance(60_000);
    expect(network()).toMatchObject({
      status: 'dry',
      reason: `none of the keys that pay has enough for gas on ${NETWORK}: fund 0xone or 0xtwo`,
    });
    expect(world.engine.ready()).toBe(true);
    expect(await after(1, settle('a'))).toEqual({
      status: 'unavailable',
      message: `None of the keys that pay has enough for gas on ${NETWORK}: fund 0xone or 0xtwo. Nothing was sent. Send the identical request again.`,
      retryAfter: 30,
    });
    expect(await world.journal.payment(`${NETWORK}:0xbuyer:a`)).toBeUndefined();
    expect(await verify('a')).toMatchObject({ status: 'valid' });
    expect(events('signer.dry')).toEqual(
      SIGNERS.map((signer) => ({ type: 'signer.dry', network: NETWORK, signer, balance: 0n, floor: CEILING })),
    );
  });

  it('still answers for payments that it took before', async () => {
    const first = settle('a', 'someone', 100);
    await world.clock.advance(200);
    expect((await first).answer.status).toBe('pending');
    await world.blocks(3);
    for (const signer of SIGNERS) world.ledger.dry.add(signer);
    await world.clock.advance(60_000);
    expect((await settle('a')).answer.status).toBe('settled');
  });

  it('is used again as soon as a payment comes after it was funded', async () => {
    for (const signer of SIGNERS) world.ledger.dry.add(signer);
    await world.clock.advance(60_000);
    world.ledger.dry.delete('0xtwo');
    expect(await after(4, settle('a'))).toMatchObject({ status: 'settled' });
    expect(events('signer.funded')).toEqual([
      { type: 'signer.funded', network: NETWORK, signer: '0xtwo', balance: RICH },
    ]);
    expect(network().status).toBe('open');
  });

  it('is not looked for anew for each of those who try again', async () => {
    for (const signer of SIGNERS) world.ledger.dry.add(signer);
    await world.clock.advance(60_000);
    const before = world.ledger.looks;
    for (let i = 0; i < 100; i += 1) expect((await settle(`n${i}`)).answer.status).toBe('unavailable');
    expect(world.ledger.looks - before).toBeLessThanOrEqual(6);
    for (const signer of SIGNERS) world.ledger.dry.delete(signer);
    await world.clock.advance(2_000);
    expect(await after(4, settle('later'))).toMatchObject({ status: 'settled' });
  });

  it('is found out by the first refusal: the caller is told so, and the payment goes through once it is funded', async () => {
    world.ledger.dry.add('0xone');
    const first = settle('a', 'someone', 1_000);
    await world.clock.advance(1_000);
    expect((await first).answer).toMatchObject({
      status: 'pending',
      message: expect.stringContaining('the network refuses it at the moment'),
    });
    await world.clock.advance(2_000);
    expect(signers()).toEqual(['0xone dry', '0xtwo good']);
    world.ledger.dry.delete('0xone');
    await world.blocks(20);
    expect((await settle('a')).answer.status).toBe('settled');
    expect(world.ledger.moved().size).toBe(1);
  });
});

describe('a floor of its own', () => {
  it('stops a key that holds less', async () => {
    await open({ floor: RICH + 1n });
    expect(network().status).toBe('dry');
    expect(events('signer.dry')).toHaveLength(2);
  });

  it('is off at 0', async () => {
    await open({ floor: 0n });
    for (const signer of SIGNERS) world.ledger.dry.add(signer);
    await world.clock.advance(60_000);
    expect(network().status).toBe('open');
  });

  it('leaves to a key what its open transactions may cost: it sends no more than it can pay', async () => {
    // Three payments above the floor for each key, with nonces for twelve.
    await open({ floor: RICH - 3n * CEILING });
    const calls = Array.from({ length: 10 }, (_, i) => settle(`solo${i}`));
    await world.clock.advance(100);
    expect(network().signers.map(({ inFlight }) => inFlight)).toEqual([4, 4]);
    await world.blocks(10);
    expect(new Set((await Promise.all(calls)).map(({ answer }) => answer.status))).toEqual(new Set(['settled']));
  });
});

describe('a key that does not sign', () => {
  beforeEach(() => open());

  it('rests, and the other carries everything at once', async () => {
    world.ledger.failing.add('0xone');
    const calls = ['a', 'b', 'c', 'd'].map((nonce) => settle(nonce));
    await world.clock.advance(100);
    expect(events('settle.prepared')).toHaveLength(4);
    expect(signers()).toEqual(['0xone failing', '0xtwo good']);
    await world.blocks(4);
    expect((await Promise.all(calls)).map(({ answer }) => answer.status)).toEqual(Array(4).fill('settled'));
    expect(signedBy()).toEqual(new Set(['0xtwo']));
    expect(events('signer.failing')).toEqual([
      { type: 'signer.failing', network: NETWORK, signer: '0xone', detail: 'the key is disabled' },
    ]);
  });

  it('is asked again after pauses that grow, and comes back', async () => {
    for (const signer of SIGNERS) world.ledger.failing.add(signer);
    const call = settle('a', 'someone', 200_000);
    await world.clock.advance(120_000);
    // 0, 1, 3, 7, 15, 31, 63 seconds, for each of the two.
    expect(events('fault')).toHaveLength(14);
    expect(events('signer.failing')).toHaveLength(2);
    world.ledger.failing.clear();
    await world.clock.advance(60_000);
    await world.blocks(4);
    expect((await call).answer.status).toBe('settled');
    expect(signers()).toContain(`${[...signedBy()][0]} good`);
    expect(events('signer.signs')).toHaveLength(1);
  });
});

describe('a key that something else uses too', () => {
  it('is not signed with before its next nonce is known again', async () => {
    world = await createWorld(['0xone']);
    soon = world.clock.now() + 300n;
    const first = settle('a', 'someone', 200_000);
    await world.clock.advance(100);
    for (let i = 0; i < 3; i += 1) {
      world.ledger.stealNonce('0xone');
      world.ledger.mine();
    }
    world.ledger.countless = true;
    await world.blocks(5);
    expect(events('settle.prepared')).toHaveLength(1);
    world.ledger.countless = false;
    await world.blocks(5);
    expect((await first).answer.status).toBe('settled');
    expect(events('settle.prepared')).toHaveLength(2);
  });
});

describe('a token that is paused while a payment in it has to be sent again', () => {
  const paused = { status: 'refused', reason: 'invalid_exact_evm_transaction_failed', message: 'paused' } as const;
  const state = async (nonce = 'a') => (await world.journal.payment(`${NETWORK}:0xbuyer:${nonce}`))?.state;

  beforeEach(async () => {
    world = await createWorld(['0xone']);
    soon = world.clock.now() + 1_200n;
    const call = settle('a', 'someone', 2_000);
    await world.clock.advance(50);
    world.ledger.stealNonce('0xone');
    world.ledger.stopped = () => ({ ...paused, blame: 'asset' });
    expect(await verify('probe')).toMatchObject({ status: 'invalid' });
    await world.blocks(10);
    expect((await call).answer.status).toBe('pending');
  });

  it('costs a question every few seconds and no gas', async () => {
    const { locates } = world.ledger;
    await world.blocks(60);
    expect(world.ledger.locates - locates).toBeLessThanOrEqual(15);
    expect(world.ledger.everBroadcast.size).toBe(1);
    expect(await state()).toBe('prepared');
  });

  it('is sent soon after the token was mended, though nobody else pays in it', async () => {
    await world.blocks(60);
    world.ledger.stopped = () => undefined;
    await world.blocks(15);
    expect(await state()).toBe('settled');
    expect(network().breakers).toEqual({ asset: 0, payee: 0, payer: 0 });
  });

  it('is found settled by somebody else before it expires', async () => {
    world.ledger.frontRun(`${NETWORK}:0xbuyer:a`);
    await world.blocks(12);
    expect(await state()).toBe('settled');
    expect(world.ledger.everBroadcast.size).toBe(1);
  });
});

describe('an RPC that does not answer', () => {
  beforeEach(() => open());

  it('shows after three calls in a row, and when it is over', async () => {
    world.ledger.weather.deaf = true;
    for (let i = 0; i < 3; i += 1) {
      expect(await verify(`${i}`)).toMatchObject({ status: 'unavailable' });
      expect(network().status).toBe(i < 2 ? 'open' : 'silent');
    }
    expect(network().reason).toBe('the RPC does not answer (deaf)');
    expect(world.engine.ready()).toBe(true);
    expect(events('verify.done')).toHaveLength(3);
    expect(events('verify.done')[0]).toMatchObject({ outcome: 'unavailable' });
    world.ledger.weather.deaf = false;
    expect(await verify('again')).toMatchObject({ status: 'valid' });
    expect(network()).toMatchObject({ status: 'open', reason: '' });
    expect(events('rpc.silent', 'rpc.answers').map(({ type }) => type)).toEqual(['rpc.silent', 'rpc.answers']);
  });

  it('is not what payments make of it that it stumbles over: a question without any decides', async () => {
    for (let i = 0; i < 5; i += 1) expect(await verify(`strange ${i}`)).toMatchObject({ status: 'unavailable' });
    const { looks } = world.ledger;
    await world.clock.advance(2_000);
    expect(world.ledger.looks).toBe(looks + 1);
    expect(network()).toMatchObject({ status: 'open', reason: '' });
    world.ledger.weather.deaf = true;
    await world.clock.advance(120_000);
    expect(network().status).toBe('silent');
    expect(await verify('strange')).toMatchObject({ status: 'unavailable' });
    expect(network().status).toBe('silent');
  });

  it('shows without any traffic, and its end too', async () => {
    world.ledger.weather.deaf = true;
    await world.clock.advance(90_000);
    expect(network().status).toBe('silent');
    world.ledger.weather.deaf = false;
    await world.clock.advance(10_000);
    expect(network().status).toBe('open');
  });

  it('is asked what signers hold once a minute while all is well', async () => {
    const before = world.ledger.looks;
    await world.clock.advance(600_000);
    expect(world.ledger.looks - before).toBe(10);
  });
});

describe('a budget', () => {
  const perDay = 3n * CEILING;

  it('holds the ceiling while a payment is on its way, and the cost of its transaction after', async () => {
    await open({ budget: { perDay } });
    const call = settle('a');
    await world.clock.advance(10);
    expect(network().budget).toEqual({ spent: 0n, reserved: CEILING, limit: perDay });
    expect(await after(4, call)).toMatchObject({ status: 'settled' });
    expect(network().budget).toEqual({ spent: COST, reserved: 0n, limit: perDay });
  });

  it('holds nothing for payments that are refused, join another or were settled before', async () => {
    await open({ budget: { perDay } });
    await after(4, settle('a'));
    await Promise.all([settle('a'), settle('a')]);
    world.ledger.weather.deaf = true;
    expect((await settle('b')).answer.status).toBe('unavailable');
    expect(network().budget).toMatchObject({ spent: COST, reserved: 0n });
  });

  it('refuses with 503 what it has no room for, before it is claimed', async () => {
    await open({ budget: { perDay } });
    const calls = ['a', 'b', 'c', 'd'].map((nonce) => settle(nonce));
    expect((await calls[3])?.answer).toMatchObject({
      status: 'unavailable',
      message: `The gas budget of ${NETWORK} for 24 hours is used up. Nothing was sent. Send the identical request again.`,
    });
    expect(await world.journal.payment(`${NETWORK}:0xbuyer:d`)).toBeUndefined();
    await world.blocks(4);
    expect((await Promise.all(calls.slice(0, 3))).map(({ answer }) => answer.status)).toEqual(Array(3).fill('settled'));
  });

  it('splits a transaction among the callers of its payments', async () => {
    await open({ budget: { perCaller: CEILING + COST / 2n } }, 1);
    // Two lanes with one nonce each: the first two travel alone, the other four together.
    const calls = Array.from({ length: 6 }, (_, i) => settle(`n${i}`, i < 4 ? `once ${i}` : `last ${i}`));
    await world.blocks(10);
    await Promise.all(calls);
    expect(events('settle.prepared').map((event) => 'payments' in event && event.payments)).toContainEqual(
      expect.objectContaining({ length: 4 }),
    );
    // COST / 4 was charged here, so there is room for one more at the ceiling.
    expect(await after(4, settle('more', 'last 5'))).toMatchObject({ status: 'settled' });
  });

  it('remembers the network’s costs over a restart', async () => {
    await open({ budget: { perDay } });
    for (const nonce of ['a', 'b', 'c', 'd']) await after(4, settle(nonce));
    expect(network().budget.spent).toBe(4n * COST);
    world.crash();
    await world.start();
    expect(network().budget.spent).toBe(4n * COST);
    // Spent 84,000 of 150,000: one at a time fits, two do not.
    const calls = ['e', 'f'].map((nonce) => settle(nonce));
    await world.blocks(4);
    expect((await Promise.all(calls)).map(({ answer }) => answer.status).toSorted()).toEqual([
      'settled',
      'unavailable',
    ]);
  });
});

describe('a price above the ceiling', () => {
  it('is told at once, and nothing is claimed', async () => {
    await open();
    world.ledger.dear = 'gas is at 9 wei, and the ceiling is 8 wei';
    expect((await settle('a')).answer).toMatchObject({
      status: 'unavailable',
      message: expect.stringContaining('gas is at 9 wei'),
    });
    expect(await world.journal.payment(`${NETWORK}:0xbuyer:a`)).toBeUndefined();
  });
});
