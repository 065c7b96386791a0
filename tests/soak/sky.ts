/** Weather that changes every few seconds: some of the faults, some of the time, never the same mix for long. */
import { type ChaosProxy, FAULT_NAMES, type FaultName, type Weather } from '@facilitator/testing';
import type { Lots } from '../trade/lots.ts';

const LEAST_FAULTS = 1;
const MOST_FAULTS = 6;
/** How likely a request is to meet one of them. */
const WORST = 0.25;

/** The next few seconds' weather; one time in five there is none. */
export function nextWeather(lots: Lots): Weather {
  if (lots.number() < 0.2) return {};
  const count = Math.round(lots.between(LEAST_FAULTS, MOST_FAULTS));
  const faults = Array.from({ length: count }, () => lots.one(FAULT_NAMES));
  return Object.fromEntries(faults.map((fault) => [fault, lots.between(0, WORST)]));
}

/** How often each fault struck. */
export function strikes({ hits }: Pick<ChaosProxy, 'hits'>): ReadonlyMap<FaultName, number> {
  const sums = new Map<FaultName, number>();
  for (const { fault } of hits) sums.set(fault, (sums.get(fault) ?? 0) + 1);
  return sums;
}
