/** Payments that were signed once, must be sent again, and have something known against them: how often they are asked about. */
import type { Authorization, Verdict } from '../ports/chain.ts';
import type { Clock } from '../ports/clock.ts';
import type { Breakers } from './breakers.ts';

export type ProbeOptions<A extends Authorization> = {
  readonly clock: Pick<Clock, 'milliseconds'>;
  readonly breakers: Pick<Breakers, 'admit' | 'refuse'>;
  /** Asks the chain, and lets the breakers learn what it says. */
  readonly ask: (authorization: A) => Promise<Verdict>;
};

/**
 * True while nothing is known against it; otherwise every few seconds, when somebody else may have settled it. Then it also
 * takes its turn in asking whether the trouble is over: perhaps nobody else pays in its token. Never rejects.
 */
export type Probe<A extends Authorization> = (authorization: A) => Promise<boolean>;

const PAUSE_MS = 5_000;

export function createProbe<A extends Authorization>({ clock, breakers, ask }: ProbeOptions<A>): Probe<A> {
  const askedAt = new WeakMap<A, number>();

  return async (authorization) => {
    if (breakers.refuse(authorization) === undefined) return true;
    const now = clock.milliseconds();
    if (now < (askedAt.get(authorization) ?? 0) + PAUSE_MS) return false;
    askedAt.set(authorization, now);
    if (breakers.admit(authorization) === undefined) await ask(authorization);
    return true;
  };
}
