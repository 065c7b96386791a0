/** Faults at random, and yet the same each time. */
import { createHash } from 'node:crypto';
import { FAULT_NAMES, type FaultName } from './faults.ts';

/** For each fault the probability, from 0 to 1, that it hits a request which it can hit. */
export type Weather = Readonly<Partial<Record<FaultName, number>>>;

/**
 * Weather in which a request meets one of `faults`, all unless given, with about this probability: less, when it is of a
 * kind that not all of them can hit.
 */
export function mixedWeather(probability: number, faults: readonly FaultName[] = FAULT_NAMES): Weather {
  return Object.fromEntries(faults.map((fault) => [fault, probability / faults.length]));
}

/**
 * Numbers in [0, 1). The same seed draws the same for the n-th time of `what`, whatever is drawn in between: requests
 * that run at once do not disturb each other's luck.
 */
export function createLots(seed: number): (what: string) => number {
  const times = new Map<string, number>();
  return (what) => {
    const time = times.get(what) ?? 0;
    times.set(what, time + 1);
    return createHash('sha256').update(`${seed}/${what}/${time}`).digest().readUIntBE(0, 6) / 2 ** 48;
  };
}
