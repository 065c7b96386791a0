/**
 * Random interleavings of payments, blocks, reorganisations, lies, thefts and deaths. Whatever happens: the payments that moved on
 * chain are the payments that callers were told are settled, each told once, and nothing that was called failed or unsent moves.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Settlement } from '../src/engine.ts';
import { CONFIRMATIONS, REORG_DEPTH } from './fake-chain.ts';
import { fakePayment, NETWORK } from './fake-payment.ts';
import { createWorld, type World } from './world.ts';

const PAYMENTS = 8;
const LIFETIME = 90n;

type Step =
  | {
      readonly do: 'settle';
      readonly payment: number;
      readonly waitMs: number;
      readonly leaveAfterMs: number | undefined;
    }
  | { readonly do: 'pass'; readonly ms: number }
  | { readonly do: 'mine'; readonly blocks: number }
  | { readonly do: 'reorg'; readonly depth: number; readonly forget: boolean }
  | { readonly do: 'front-run'; readonly payment: number }
  | { readonly do: 'rush' }
  | { readonly do: 'spoil'; readonly payment: number; readonly how: 'poison' | 'cannotPay' }
  | { readonly do: 'steal'; readonly signer: number }
  | { readonly do: 'break-journal'; readonly broken: boolean }
  | { readonly do: 'crash' }
  | { readonly do: 'lose-commit'; readonly call: string }
  | {
      readonly do: 'weather';
      readonly kind: 'loseAnswers' | 'dropBytes' | 'refuseBytes' | 'deaf' | 'blind';
      readonly on: boolean;
    }
  | { readonly do: 'stale'; readonly by: number }
  | { readonly do: 'search'; readonly ms: number }
  | {
      readonly do: 'key';
      readonly signer: number;
      readonly trouble: 'dry' | 'failing';
      readonly on: boolean;
    };

const payment = fc.nat(PAYMENTS - 1);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('settle' as const),
      payment,
      waitMs: fc.constantFrom(0, 300, 2_000, 20_000),
      leaveAfterMs: fc.option(fc.constantFrom(0, 100, 3_000), { nil: undefined, freq: 4 }),
    }),
  },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.constantFrom(10, 200, 1_000, 5_000) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('mine' as const), blocks: fc.integer({ min: 1, max: 4 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('reorg' as const),
      depth: fc.integer({ min: 1, max: CONFIRMATIONS }),
      forget: fc.boolean(),
    }),
  },
  // Deeper than what counts as final: what callers were told can be undone.
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('reorg' as const),
      depth: fc.integer({ min: CONFIRMATIONS + 1, max: REORG_DEPTH }),
      forget: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('front-run' as const), payment }) },
  { weight: 1, arbitrary: fc.constant({ do: 'rush' as const }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('spoil' as const),
      payment,
      how: fc.constantFrom('poison' as const, 'cannotPay'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('steal' as const), signer: fc.nat(1) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('break-journal' as const), broken: fc.boolean() }) },
  { weight: 1, arbitrary: fc.constant({ do: 'crash' as const }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('lose-commit' as const),
      call: fc.constantFrom('claim', 'prepare', 'replace', 'resolve', 'conclude', 'deliver', 'release'),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('weather' as const),
      kind: fc.constantFrom('loseAnswers' as const, 'dropBytes', 'refuseBytes', 'deaf', 'blind'),
      on: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('stale' as const), by: fc.nat(3) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('search' as const), ms: fc.constantFrom(0, 60, 800, 4_000) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('key' as const),
      signer: fc.nat(1),
      trouble: fc.constantFrom('dry' as const, 'failing'),
      on: fc.boolean(),
    }),
  },
);

const SIGNERS = ['0xone', '0xtwo'];

async function run(world: World, steps: readonly Step[]) {
  const { ledger, clock } = world;
  const expires = clock.now() + LIFETIME;
  const told: { payment: number; settlement: Settlement }[] = [];
  // Each has a payer of its own: one whose payments fail does not keep the others waiting.
  const anchor = (index: number) => `${NETWORK}:0xbuyer${index}:p${index}`;
  for (let index = 0; index < PAYMENTS; index += 1) ledger.expiries.set(anchor(index), expires);

  const call = (index: number, waitMs: number, leaveAfterMs?: number) => {
    const leaving = new AbortController();
    let left = false;
    if (leaveAfterMs !== undefined)
      clock.after(leaveAfterMs, () => {
        left = true;
        leaving.abort();
      });
    void world
      .settle(fakePayment(`p${index}`, expires, { payer: `0xbuyer${index}` }), { waitMs, signal: leaving.signal })
      .then(async (settlement) => {
        // What the server does when it finds the connection closed.
        if (left && settlement.answer.status === 'settled') await world.engine.undelivered(settlement.id ?? '');
        else if (!left) told.push({ payment: index, settlement });
      })
      .catch(() => {});
  };

  for (const each of steps) {
    if (each.do === 'settle') call(each.payment, each.waitMs, each.leaveAfterMs);
    else if (each.do === 'pass') await clock.advance(each.ms);
    else if (each.do === 'mine')
      for (let i = 0; i < each.blocks; i += 1) {
        await clock.advance(500);
        ledger.mine();
      }
    else if (each.do === 'reorg') ledger.reorganise(each.depth, each.forget);
    else if (each.do === 'rush') for (let index = 0; index < PAYMENTS; index += 1) call(index, 20_000);
    else if (each.do === 'spoil') ledger[each.how].add(anchor(each.payment));
    else if (each.do === 'front-run') ledger.frontRun(anchor(each.payment));
    else if (each.do === 'steal') ledger.stealNonce(SIGNERS[each.signer] ?? '');
    else if (each.do === 'break-journal') world.journalBroken = each.broken;
    else if (each.do === 'weather') ledger.weather[each.kind] = each.on;
    else if (each.do === 'lose-commit') world.uncertainCalls.add(each.call);
    else if (each.do === 'key') ledger[each.trouble][each.on ? 'add' : 'delete'](SIGNERS[each.signer] ?? '');
    else if (each.do === 'stale') ledger.weather.staleBy = each.by;
    else if (each.do === 'search') ledger.searchMs = each.ms;
    else {
      world.crash();
      world.journalBroken = false;
      await world.start();
    }
    await clock.advance(0);
  }

  // The sky clears; every payment is asked for until there is nothing left to tell.
  Object.assign(ledger.weather, {
    loseAnswers: false,
    dropBytes: false,
    refuseBytes: false,
    deaf: false,
    blind: false,
    staleBy: 0,
  });
  world.journalBroken = false;
  ledger.dry.clear();
  ledger.failing.clear();
  await world.blocks(20);
  if (!world.engine.ready()) await world.blocks(20);
  await world.blocks(30);
  for (let index = 0; index < PAYMENTS; index += 1) call(index, 5_000);
  await world.blocks(Number(LIFETIME) + 40);
  for (let index = 0; index < PAYMENTS; index += 1) call(index, 5_000);
  await world.blocks(40);
  return { told, anchor };
}

it('tells every caller the truth, whatever chain, nodes, disk and process do', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 40 }), async (steps) => {
      const world = await createWorld(SIGNERS, 2);
      try {
        const { told, anchor } = await run(world, steps);
        const moved = world.ledger.moved();
        const wasDeep = steps.some((each) => each.do === 'reorg' && each.depth > CONFIRMATIONS);
        const faults = world.events.flatMap((event) => (event.type === 'fault' ? [event.detail] : []));
        // What can not be mended is said loudly.
        const confessed = (id: string) => wasDeep && faults.some((fault) => fault.includes(id));
        for (let index = 0; index < PAYMENTS; index += 1) {
          const answers = told.filter((each) => each.payment === index).map((each) => each.settlement.answer);
          const settled = answers.filter((answer) => answer.status === 'settled');
          const ended = answers.filter((answer) => answer.status === 'failed' && answer.transaction !== '');
          expect(settled.length, `payment ${index} told settled`).toBeLessThanOrEqual(1);
          if (settled.length > 0 && !wasDeep) expect(moved.get(anchor(index))?.hash).toBe(settled[0]?.transaction);
          if (settled.length > 0 && !confessed(anchor(index)))
            expect(moved.has(anchor(index)), `payment ${index} told settled`).toBe(true);
          if (ended.length > 0 && !confessed(anchor(index)))
            expect(moved.has(anchor(index)), `payment ${index} told failed`).toBe(false);
          const record = await world.journal.payment(anchor(index));
          if (record !== undefined) expect(['settled', 'failed']).toContain(record.state);
          // Nothing of ours moved money that nobody can be told about.
          const carrier = moved.get(anchor(index));
          if (carrier !== undefined && world.ledger.everBroadcast.has(carrier.hash) && !confessed(anchor(index)))
            expect(record?.state).toBe('settled');
        }
        expect(world.engine.networks()[0]).toMatchObject({ status: 'open', inFlight: 0, budget: { reserved: 0n } });
        // Nothing is watched for ever.
        expect((await world.journal.unfinished(NETWORK)).attempts).toEqual([]);
      } finally {
        await world.close();
      }
    }),
    {
      numRuns: Number(process.env['MODEL_RUNS'] ?? 150),
      ...(process.env['MODEL_SEED'] ? { seed: Number(process.env['MODEL_SEED']) } : {}),
    },
  );
}, 300_000);
