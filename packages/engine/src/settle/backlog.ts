/** How many payments wait on a network, as a process knows it that does not write for it: asked rarely, and only when it matters. */
import type { Caip2 } from '@facilitator/protocol';
import type { Clock } from '../ports/clock.ts';
import type { Journal } from '../ports/journal.ts';

export type BacklogOptions = {
  readonly network: Caip2;
  readonly journal: Pick<Journal, 'waiting'>;
  readonly clock: Pick<Clock, 'now' | 'milliseconds'>;
};

/** At most a second old. Never rejects: what was known last stands until the journal answers. */
export type Backlog = () => Promise<number>;

const FRESH_MS = 1_000;
/** Seconds after which nobody waits for a claim any more; those of processes that are gone stay longer. */
const CLAIM_AGE = 60n;

export function createBacklog({ network, journal, clock }: BacklogOptions): Backlog {
  let known = 0;
  let askedAt = Number.NEGATIVE_INFINITY;
  let answer = Promise.resolve(0);

  async function ask(): Promise<number> {
    try {
      known = await journal.waiting(network, clock.now() - CLAIM_AGE);
    } catch {
      // Whoever asked meets the same journal when the payment is claimed, and says so.
    }
    return known;
  }

  return () => {
    const now = clock.milliseconds();
    if (now >= askedAt + FRESH_MS) {
      askedAt = now;
      answer = ask();
    }
    return answer;
  };
}
