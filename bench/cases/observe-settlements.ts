/** Runs a load of settlements, then holds every answer against the chain. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Audit, audit, heightOf, markChain } from '../audit.ts';
import type { Figures } from '../result.ts';
import type { Stage } from '../stage.ts';
import type { Measured } from './case.ts';
import { type Answered, type LoadToObserve, observeLoad } from './observe-load.ts';

export type Settlements = Measured & { readonly answered: readonly Answered[]; readonly audit: Audit };

export async function observeSettlements(
  stage: Stage,
  amount: bigint,
  load: Omit<LoadToObserve, 'path'>,
): Promise<Settlements> {
  const { ledger } = stage;
  const mark = await markChain(ledger);
  const [{ answered, figures, answers, calls, cpuMs }, lastSteady] = await Promise.all([
    observeLoad(stage, { ...load, path: '/settle' }),
    load.forMs === undefined ? undefined : heightAfter(stage, load.forMs, load.signal),
  ]);
  const found = await audit(ledger, mark, load.signal);
  if (found.received !== BigInt(found.used.size) * amount) {
    throw new Error(`the sellers received ${found.received}, but ${found.used.size} authorizations were used`);
  }
  return {
    answered,
    audit: found,
    answers,
    calls,
    figures: { ...figures, ...held(answered, found), ...cost(found, cpuMs), ...steady(found, lastSteady) },
  };
}

/** Answers against the chain. */
function held(answered: readonly Answered[], { used }: Audit): Figures {
  const byPayment = Map.groupBy(answered, ({ payment }) => payment.nonce);
  let paid = 0;
  let wrong = 0;
  for (const [nonce, answers] of byPayment) {
    const kinds = answers.map(({ outcome }) => outcome.kind);
    const successes = kinds.filter((kind) => kind === 'ok').length;
    if (used.has(nonce)) {
      paid += 1;
      wrong += Math.max(successes - 1, 0);
      if (kinds.every((kind) => kind === 'refused')) wrong += 1;
    } else {
      wrong += successes;
    }
  }
  return { payments: byPayment.size, paid, wrong };
}

function cost({ used, transactions, reverted, gas, wastedGas, stuck }: Audit, cpuMs: number): Figures {
  const paid = used.size;
  return {
    transactions,
    reverted,
    wastedGas: Number(wastedGas),
    stuck,
    ...(paid === 0 ? {} : { gasPerPayment: Number(gas) / paid, cpuMsPerPayment: cpuMs / paid }),
  };
}

/** Blocks while payments kept coming, without the first, which the load had only a part of. */
function steady({ blocks: [_first, ...rest] }: Audit, last: number | undefined): Figures {
  const blocks = last === undefined ? [] : rest.filter(({ number }) => number <= last);
  if (blocks.length === 0) return {};
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  return { blockUse: mean(blocks.map(({ gas }) => gas)), paidPerBlock: mean(blocks.map(({ payments }) => payments)) };
}

async function heightAfter({ anvil }: Stage, ms: number, signal: AbortSignal): Promise<number> {
  await sleep(ms, undefined, { signal });
  return heightOf(anvil);
}
