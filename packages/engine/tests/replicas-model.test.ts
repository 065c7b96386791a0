/**
 * Random histories of three processes on one store: any of them takes any payment, is killed, replaced, loses its session or its
 * news, while the chain does what chains do. Whatever happens: what moved on chain is what was told, once, by whichever of them.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Settlement } from '../src/engine.ts';
import { CONFIRMATIONS } from './fake-chain.ts';
import { fakePayment, NETWORK } from './fake-payment.ts';
import { createReplicas, type Replicas } from './replicas.ts';

const REPLICAS = 3;
const PAYMENTS = 8;
const LIFETIME = 90n;
const SIGNERS = ['0xone', '0xtwo'];

const HONEST = { loseAnswers: false, dropBytes: false, refuseBytes: false, deaf: false, blind: false, staleBy: 0 };

type Told = { readonly payment: number; readonly settlement: Settlement };

/** One thing that happens. */
type Step = { readonly label: string; readonly happen: (here: Here) => void | Promise<void> };

type Here = {
  readonly replicas: Replicas;
  readonly anchor: (payment: number) => string;
  call(at: number, payment: number, waitMs: number, leaveAfterMs?: number): void;
};

const replica = fc.nat(REPLICAS - 1);
const payment = fc.nat(PAYMENTS - 1);

function steps<T extends unknown[]>(
  name: string,
  weight: number,
  inputs: { [K in keyof T]: fc.Arbitrary<T[K]> },
  happen: (here: Here, ...input: T) => void | Promise<void>,
): { readonly weight: number; readonly arbitrary: fc.Arbitrary<Step> } {
  const arbitrary = fc
    .tuple(...inputs)
    .map((input): Step => ({ label: `${name} ${input.join(' ')}`, happen: (here) => happen(here, ...(input as T)) }));
  return { weight, arbitrary };
}

const step = fc.oneof(
  steps<[number, number, number, number | undefined]>(
    'settle',
    10,
    [
      replica,
      payment,
      fc.constantFrom(0, 300, 2_000, 20_000),
      fc.option(fc.constantFrom(0, 100, 3_000), { nil: undefined, freq: 4 }),
    ],
    ({ call }, at, which, waitMs, leaveAfterMs) => call(at, which, waitMs, leaveAfterMs),
  ),
  steps<[number]>('everywhere', 3, [payment], ({ call }, which) => {
    for (let at = 0; at < REPLICAS; at += 1) call(at, which, 20_000);
  }),
  steps<[number]>('rush', 1, [replica], ({ call }, at) => {
    for (let which = 0; which < PAYMENTS; which += 1) call(at + which, which, 20_000);
  }),
  steps<[number]>('pass', 5, [fc.constantFrom(10, 200, 1_000, 5_000)], async ({ replicas }, ms) => {
    await replicas.clock.advance(ms);
  }),
  steps<[number]>('mine', 5, [fc.integer({ min: 1, max: 4 })], async ({ replicas }, blocks) => {
    for (let at = 0; at < blocks; at += 1) {
      await replicas.clock.advance(500);
      replicas.ledger.mine();
    }
  }),
  steps<[number]>('crash', 2, [replica], ({ replicas }, at) => replicas.crash(at)),
  steps<[number]>('deploy', 2, [replica], ({ replicas }, at) => replicas.deploy(at)),
  steps<[number, boolean]>('break session', 3, [replica, fc.boolean()], ({ replicas }, at, late) => {
    replicas.running[at]?.member.breakSession(late);
  }),
  steps<[number, boolean]>('muffle', 2, [replica, fc.boolean()], ({ replicas }, at, on) => {
    replicas.running[at]?.member.muffle(on);
  }),
  steps<[number, boolean]>('break journal', 1, [replica, fc.boolean()], ({ replicas }, at, broken) => {
    const broke = replicas.running[at];
    if (broke !== undefined) broke.journalBroken = broken;
  }),
  steps<[number, boolean]>(
    'reorganise',
    1,
    [fc.integer({ min: 1, max: CONFIRMATIONS }), fc.boolean()],
    ({ replicas }, depth, forget) => replicas.ledger.reorganise(depth, forget),
  ),
  steps<[number]>('front-run', 1, [payment], ({ replicas, anchor }, which) => replicas.ledger.frontRun(anchor(which))),
  steps<[number, 'poison' | 'cannotPay']>(
    'spoil',
    1,
    [payment, fc.constantFrom('poison' as const, 'cannotPay')],
    ({ replicas, anchor }, which, how) => {
      replicas.ledger[how].add(anchor(which));
    },
  ),
  steps<[number]>('steal', 1, [fc.nat(1)], ({ replicas }, which) => replicas.ledger.stealNonce(SIGNERS[which] ?? '')),
  steps<['loseAnswers' | 'dropBytes' | 'refuseBytes' | 'deaf' | 'blind', boolean]>(
    'weather',
    2,
    [fc.constantFrom('loseAnswers' as const, 'dropBytes', 'refuseBytes', 'deaf', 'blind'), fc.boolean()],
    ({ replicas }, kind, on) => {
      replicas.ledger.weather[kind] = on;
    },
  ),
  steps<[number, 'dry' | 'failing', boolean]>(
    'key',
    2,
    [fc.nat(1), fc.constantFrom('dry' as const, 'failing'), fc.boolean()],
    ({ replicas }, which, trouble, on) => {
      replicas.ledger[trouble][on ? 'add' : 'delete'](SIGNERS[which] ?? '');
    },
  ),
);

async function run(replicas: Replicas, history: readonly Step[]) {
  const { ledger, clock } = replicas;
  const expires = clock.now() + LIFETIME;
  const told: Told[] = [];
  const here: Here = {
    replicas,
    anchor: (index) => `${NETWORK}:0xbuyer:p${index}`,
    call(at, index, waitMs, leaveAfterMs) {
      const leaving = new AbortController();
      const { engine } = replicas.running[at % REPLICAS] ?? {};
      let left = false;
      if (leaveAfterMs !== undefined)
        clock.after(leaveAfterMs, () => {
          left = true;
          leaving.abort();
        });
      void replicas
        .settle(at, fakePayment(`p${index}`, expires), { waitMs, signal: leaving.signal })
        .then(async (settlement) => {
          // What the server does when it finds the connection closed.
          if (left && settlement.answer.status === 'settled') await engine?.undelivered(settlement.id ?? '');
          else if (!left) told.push({ payment: index, settlement });
        })
        .catch(() => {});
    },
  };
  for (let index = 0; index < PAYMENTS; index += 1) ledger.expiries.set(here.anchor(index), expires);

  for (const { happen } of history) {
    await happen(here);
    await clock.advance(0);
  }

  // The sky clears; every payment is asked for, everywhere in turn, until there is nothing left to tell.
  Object.assign(ledger.weather, HONEST);
  ledger.dry.clear();
  ledger.failing.clear();
  for (const each of replicas.running) {
    each.journalBroken = false;
    each.member.muffle(false);
  }
  await replicas.blocks(50);
  for (let index = 0; index < PAYMENTS; index += 1) here.call(index, index, 5_000);
  await replicas.blocks(Number(LIFETIME) + 40);
  for (let at = 1; at <= REPLICAS; at += 1) {
    for (let index = 0; index < PAYMENTS; index += 1) here.call(index + at, index, 5_000);
    await replicas.blocks(10);
  }
  return { told, anchor: here.anchor };
}

async function expectTruth({ ledger, journal }: Replicas, told: readonly Told[], index: number, id: string) {
  const answers = told.filter((each) => each.payment === index).map((each) => each.settlement.answer);
  const settled = answers.filter((answer) => answer.status === 'settled');
  const ended = answers.filter((answer) => answer.status === 'failed' && answer.transaction !== '');
  const moved = ledger.moved().get(id);
  expect(settled.length, `payment ${index} told settled`).toBeLessThanOrEqual(1);
  if (settled.length > 0) expect(moved?.hash).toBe(settled[0]?.transaction);
  if (ended.length > 0) expect(moved, `payment ${index} told failed`).toBeUndefined();
  const record = await journal.payment(id);
  if (record !== undefined) expect(['settled', 'failed']).toContain(record.state);
  // Nothing of ours moved money that nobody can be told about.
  if (moved !== undefined && ledger.everBroadcast.has(moved.hash)) expect(record?.state).toBe('settled');
}

/** Whether it only fills a nonce that nothing else used. */
function isEmpty(hash: string): boolean {
  return Buffer.from(hash.slice(2), 'hex').includes('"anchors":[]');
}

it('three processes tell every caller the truth, whatever happens to them', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 40 }), async (history) => {
      const replicas = await createReplicas(REPLICAS, SIGNERS, 2);
      try {
        const { told, anchor } = await run(replicas, history);
        for (let index = 0; index < PAYMENTS; index += 1) await expectTruth(replicas, told, index, anchor(index));
        for (const hash of replicas.ledger.everBroadcast)
          if (!isEmpty(hash)) expect(await replicas.journal.paymentsByTransaction(hash)).not.toEqual([]);
        const statuses = replicas.running.map(({ engine }) => engine.networks()[0]);
        expect(statuses.filter((each) => each?.writing)).toHaveLength(1);
        expect(statuses.map((each) => each?.inFlight)).toEqual([0, 0, 0]);
        expect(statuses.map((each) => each?.budget.reserved)).toEqual([0n, 0n, 0n]);
        expect(replicas.running.map(({ engine }) => engine.ready())).toEqual([true, true, true]);
      } finally {
        await replicas.close();
      }
    }),
    {
      numRuns: Number(process.env['MODEL_RUNS'] ?? 100),
      ...(process.env['MODEL_SEED'] ? { seed: Number(process.env['MODEL_SEED']) } : {}),
    },
  );
}, 300_000);
