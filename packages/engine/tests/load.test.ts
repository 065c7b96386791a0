/** Several processes under more than they can carry: what waits, what is refused, what it costs, and what is left behind. */
import { afterEach, describe, expect, it } from 'vitest';
import type { NetworkRules, Settlement } from '../src/engine.ts';
import { CEILING } from './fake-chain.ts';
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
