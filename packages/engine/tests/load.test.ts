/** Several processes under more than they can carry: what waits, what is refused, what it costs, and what is left behind. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { NetworkRules, Settlement } from '../src/engine.ts';
import { CEILING, COST } from './fake-chain.ts';
import { settleDown } from './fake-clock.ts';
import { fakePayment, NETWORK } from './fake-payment.ts';
import { createReplicas, type Replicas } from './replicas.ts';

/** The first that starts writes. */
const WRITER = 0;
const REPLICA = 1;

const POOR = { status: 'refused', reason: 'invalid_exact_evm_insufficient_balance', message: 'poor' } as const;

let replicas: Replicas;
let soon: bigint;

async function open(rules: NetworkRules = {}, count = 2): Promise<void> {
  replicas = await createReplicas(count, ['0xone'], 12, rules);
  soon = replicas.clock.now() + 600n;
}
afterEach(() => replicas.close());

type How = Parameters<Replicas['settle']>[2];
const settle = (at: number, nonce: string, how: How = {}, expires = soon) =>
  replicas.settle(at, fakePayment(nonce, expires), how);

/** The answer after so many blocks. */
async function after(blocks: number, call: Promise<Settlement>): Promise<Settlement['answer']> {
  await replicas.blocks(blocks);
  return (await call).answer;
}

function process(at: number) {
  const replica = replicas.running[at];
  if (replica === undefined) throw new Error(`no process ${at}`);
  return replica;
}

function network(at: number) {
  const [status] = process(at).engine.networks();
  if (status === undefined) throw new Error('no network');
  return status;
}

const record = (nonce: string) => replicas.journal.payment(`${NETWORK}:0xbuyer:${nonce}`);

describe('a claim that could not be released', () => {
  it('is released as soon as the journal answers again, so that another process can take the payment', async () => {
    await open();
    replicas.ledger.stopped = () => POOR;
    process(WRITER).brokenCalls.add('release');
    expect((await settle(WRITER, 'a')).answer.status).not.toBe('settled');
    replicas.ledger.stopped = () => undefined;
    await replicas.clock.advance(5_000);
    expect((await record('a'))?.state).toBe('claimed');
    process(WRITER).brokenCalls.clear();
    await replicas.clock.advance(1_000);
    expect(await record('a')).toBeUndefined();
    expect(await after(5, settle(REPLICA, 'a'))).toMatchObject({ status: 'settled' });
  });

  it('is left alone when its payment came again meanwhile', async () => {
    await open();
    replicas.ledger.stopped = () => POOR;
    process(WRITER).brokenCalls.add('release');
    await settle(WRITER, 'a');
    replicas.ledger.stopped = () => undefined;
    process(WRITER).brokenCalls.clear();
    replicas.ledger.failing.add('0xone');
    const again = settle(WRITER, 'a');
    await replicas.clock.advance(3_000);
    expect((await record('a'))?.state).toBe('claimed');
    replicas.ledger.failing.clear();
    expect(await after(12, again)).toMatchObject({ status: 'settled' });
  });
});

describe('a caller’s budget at a process that does not write', () => {
  it('is charged for payments whose caller leaves before they are signed', async () => {
    await open({ spending: { budget: { perCaller: CEILING } } });
    const caller = 'mallory';
    for (let i = 0; i < 4; i += 1) {
      const signing = Promise.withResolvers<void>();
      replicas.ledger.holdKeys = signing.promise;
      const away = new AbortController();
      const call = settle(REPLICA, `n${i}`, { caller, signal: away.signal });
      await settleDown(60);
      away.abort();
      signing.resolve();
      await after(4, call);
    }
    expect(replicas.ledger.moved().size).toBe(1);
    expect((await settle(REPLICA, 'more', { caller })).answer).toMatchObject({
      message: expect.stringMatching(/^Your share of the gas/),
    });
  });

  it('is not charged for a payment that was taken back', async () => {
    await open({ spending: { budget: { perCaller: CEILING } } });
    const caller = 'someone';
    replicas.ledger.failing.add('0xone');
    expect(await after(3, settle(REPLICA, 'a', { caller, waitMs: 1_000 }))).toMatchObject({ status: 'unavailable' });
    replicas.ledger.failing.clear();
    expect(await after(6, settle(REPLICA, 'b', { caller }))).toMatchObject({ status: 'settled' });
  });
});

describe('the day’s costs of a network', () => {
  const spent = () => replicas.running.map((_, at) => network(at)).find(({ writing }) => writing)?.budget.spent;

  it('are known to whoever writes next, those included that are not deep yet', async () => {
    await open({ spending: { budget: { perDay: 4n * COST + CEILING } } });
    for (let i = 0; i < 4; i += 1) expect(await after(5, settle(WRITER, `a${i}`))).toMatchObject({ status: 'settled' });
    process(WRITER).member.breakSession(true);
    await settleDown(60);
    expect(network(REPLICA).writing).toBe(true);
    expect(spent()).toBe(4n * COST);
    expect(await after(5, settle(REPLICA, 'b0'))).toMatchObject({ status: 'settled' });
    expect(await after(5, settle(REPLICA, 'b1'))).toMatchObject({ status: 'unavailable' });
    expect(replicas.ledger.moved().size).toBe(5);
  });

  it('are counted once by a process that loses the right to write and gets it back', async () => {
    await open({}, 1);
    for (let i = 0; i < 4; i += 1) await after(5, settle(WRITER, `a${i}`));
    expect((await replicas.journal.unfinished(NETWORK)).attempts).not.toHaveLength(0);
    for (let i = 0; i < 3; i += 1) {
      process(WRITER).member.breakSession(false);
      await settleDown(60);
      await replicas.clock.advance(3_000);
      expect(spent()).toBe(4n * COST);
    }
    await replicas.blocks(20);
    expect((await replicas.journal.unfinished(NETWORK)).attempts).toHaveLength(0);
    expect(spent()).toBe(4n * COST);
    expect(replicas.events.filter(({ type }) => type === 'settle.cost')).toHaveLength(4);
  });

  it('are counted once also when the right is lost and comes back while what is final is being looked at', async () => {
    await open({}, 1);
    const call = settle(WRITER, 'a');
    await replicas.clock.advance(100);
    const seen = Promise.withResolvers<void>();
    for (let i = 0; i < 4; i += 1) replicas.ledger.mine();
    replicas.ledger.holdLooks = seen.promise;
    await replicas.clock.advance(2_000);
    process(WRITER).member.breakSession(false);
    await settleDown(60);
    seen.resolve();
    expect(await after(5, call)).toMatchObject({ status: 'settled' });
    expect(spent()).toBe(COST);
    expect(replicas.events.filter(({ type }) => type === 'settle.cost')).toHaveLength(1);
  });

  it('are bounded whichever process takes the payments in: the one that signs counts them', async () => {
    await open({ spending: { budget: { perDay: 2n * COST + CEILING } } });
    const answers = await Promise.all([0, 1, 2].map((i) => after(6, settle(REPLICA, `a${i}`))));
    // One may be on its way at a time.
    expect(answers.map(({ status }) => status).toSorted()).toEqual(['settled', 'unavailable', 'unavailable']);
    for (const name of ['b', 'c', 'd', 'e']) await after(6, settle(REPLICA, name));
    expect(replicas.ledger.moved().size).toBe(3);
    expect(replicas.events.some(({ type }) => type === 'budget.exhausted')).toBe(true);
  });

  it('count what a process handed to others with its true cost once that process writes', async () => {
    await open({ spending: { budget: { perDay: 10n * CEILING } } });
    for (let i = 0; i < 3; i += 1) await after(5, settle(REPLICA, `a${i}`));
    expect(network(REPLICA).budget.spent).toBe(0n);
    process(WRITER).member.breakSession(true);
    await settleDown(60);
    expect(network(REPLICA)).toMatchObject({ writing: true, budget: { spent: 3n * COST } });
  });
});

describe('payments that another process has to carry', () => {
  beforeEach(async () => {
    await open();
    // Twelve a turn of a block and a half.
    replicas.ledger.capacity = 1;
  });

  it('are refused by the rule of the one that carries them', async () => {
    const lifetime = replicas.clock.now() + 30n;
    const crowd = Array.from({ length: 400 }, (_, i) => settle(REPLICA, `n${i}`, {}, lifetime));
    await replicas.clock.advance(1_100);
    for (const at of [WRITER, REPLICA]) {
      const late = settle(at, `late at ${at}`, {}, lifetime);
      await replicas.clock.advance(10);
      expect((await late).answer).toMatchObject({
        status: 'unavailable',
        message: expect.stringContaining('payments wait on this network'),
      });
    }
    await replicas.blocks(40);
    await Promise.all(crowd);
    expect(await after(5, settle(REPLICA, 'after'))).toMatchObject({ status: 'settled' });
  });

  it('cost one look at the journal a second, and none while nobody comes', async () => {
    const looks: string[] = [];
    replicas.meanwhile = (call) => {
      if (call === 'waiting') looks.push(call);
    };
    await replicas.clock.advance(10_000);
    expect(looks).toHaveLength(0);
    const calls = Array.from({ length: 100 }, (_, i) => settle(REPLICA, `n${i}`));
    await replicas.clock.advance(10);
    expect(looks).toHaveLength(1);
    await replicas.blocks(20);
    await Promise.all(calls);
  });

  it('are forgotten there when their callers gave up', async () => {
    const crowd = Array.from({ length: 300 }, (_, i) => settle(REPLICA, `n${i}`, { waitMs: 2_000 }));
    await replicas.clock.advance(2_500);
    await Promise.all(crowd);
    const { payments } = await replicas.journal.unfinished(NETWORK);
    expect(payments).toHaveLength(12);
    expect(network(WRITER).inFlight).toBe(12);
    await replicas.blocks(6);
    expect(network(WRITER).inFlight).toBe(0);
  });

  it('are forgotten there also when the news of it were missed', async () => {
    const crowd = Array.from({ length: 60 }, (_, i) => settle(REPLICA, `n${i}`, { waitMs: 2_000 }));
    await replicas.clock.advance(1_000);
    process(WRITER).member.muffle(true);
    await replicas.clock.advance(1_500);
    await Promise.all(crowd);
    process(WRITER).member.muffle(false);
    await settleDown(60);
    expect(network(WRITER).inFlight).toBe(12);
  });

  it('are nobody’s any more when they were taken back, also for who waits where they were carried', async () => {
    const crowd = Array.from({ length: 12 }, (_, i) => settle(REPLICA, `n${i}`, { waitMs: 2_000 }));
    await replicas.clock.advance(100);
    const last = settle(REPLICA, 'last', { waitMs: 2_000 });
    await replicas.clock.advance(100);
    const joined = settle(WRITER, 'last', { waitMs: 30_000 });
    await replicas.clock.advance(2_400);
    await Promise.all([...crowd, last]);
    expect((await joined).answer).toMatchObject({ status: 'unavailable' });
    expect(await after(6, settle(WRITER, 'last'))).toMatchObject({ status: 'settled' });
  });
});
