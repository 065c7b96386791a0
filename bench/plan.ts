/** Which measurements a run makes. */
import { burstCase } from './cases/burst.ts';
import type { Case } from './cases/case.ts';
import { growthCase } from './cases/growth.ts';
import { mixedCase } from './cases/mixed.ts';
import { samePaymentCase } from './cases/same-payment.ts';
import { saturationCase } from './cases/saturation.ts';
import { settleCase } from './cases/settle.ts';
import { startCase } from './cases/start.ts';
import { verifyCase } from './cases/verify.ts';
import type { Group } from './result.ts';

export type Extent = 'quick' | 'usual' | 'full';

export type PlanOptions = {
  readonly extent: Extent;
  /** Only these groups; all unless given. Asking for `growth` needs no `full`. */
  readonly only?: readonly Group[];
  /** Seconds of each closed loop, instead of what the extent says. */
  readonly seconds?: number;
};

const CALLERS = [1, 32, 100] as const;
const IN_FLIGHT = [1, 10, 100, 1_000, 10_000] as const;
const KEYS = [1, 2, 4] as const;
const SLOW_CALL_MS = 30;

export function planRun({ extent, only, seconds }: PlanOptions): readonly Case[] {
  const cases = extent === 'quick' ? quick(seconds ?? 2) : usual(seconds);
  const grown = extent === 'full' || only?.includes('growth') ? growth(seconds ?? 8) : [];
  const all = [...cases, ...grown];
  return only === undefined ? all : all.filter(({ group }) => only.includes(group));
}

/** About two minutes: one look at each kind, too short for numbers to quote. */
function quick(seconds: number): readonly Case[] {
  return [
    startCase(1),
    verifyCase({ callers: 100, delayMs: 0, seconds }),
    settleCase({ callers: 100, blocks: '1s', delayMs: 0, seconds: seconds * 2 }),
    mixedCase(20),
    samePaymentCase(50),
    burstCase(200),
  ];
}

function usual(seconds: number | undefined): readonly Case[] {
  return [
    startCase(5),
    ...CALLERS.map((callers) => verifyCase({ callers, delayMs: 0, seconds: seconds ?? 4 })),
    ...CALLERS.map((callers) => verifyCase({ callers, delayMs: SLOW_CALL_MS, seconds: seconds ?? 4 })),
    ...CALLERS.map((callers) => settleCase({ callers, blocks: 'instant', delayMs: 0, seconds: seconds ?? 5 })),
    ...CALLERS.map((callers) => settleCase({ callers, blocks: '1s', delayMs: 0, seconds: seconds ?? 6 })),
    ...CALLERS.map((callers) => settleCase({ callers, blocks: '1s', delayMs: SLOW_CALL_MS, seconds: seconds ?? 6 })),
    mixedCase(100),
    samePaymentCase(50),
    burstCase(500),
    burstCase(1_000),
    saturationCase({ callers: 2_000, gasLimit: 30_000_000, seconds: seconds ?? 10 }, ['ours', 'reference-nonces']),
    // Where the chain is not what limits, the reference stays as it was.
    saturationCase({ callers: 2_000, gasLimit: 300_000_000, seconds: seconds ?? 10 }, ['ours']),
  ];
}

function growth(seconds: number): readonly Case[] {
  return KEYS.flatMap((keys) =>
    // Ten thousand need some seconds to be posted at all.
    IN_FLIGHT.map((callers) => growthCase({ callers, keys, seconds: callers < 10_000 ? seconds : seconds * 2 })),
  );
}
