/** Payments that a lane took and could not carry: back to the queue, unless the journal holds their transaction all the same. */
import { describeError } from '../describe-error.ts';
import type { Attempt, Authorization, Chain } from '../ports/chain.ts';
import type { Clock } from '../ports/clock.ts';
import type { Journal } from '../ports/journal.ts';
import type { Meter } from '../ports/meter.ts';
import type { Case } from './case.ts';
import { type Lane, type LaneOptions, worthOf } from './lane.ts';
import type { Queue } from './queue.ts';

export type StallsOptions<A extends Authorization> = {
  readonly chain: Chain<A>;
  readonly journal: Pick<Journal, 'unfinished'>;
  readonly clock: Clock;
  readonly meter: Meter;
  readonly queue: Pick<Queue<A>, 'giveBack'>;
  readonly laneOf: (signer: string) => Lane | undefined;
  readonly writing: () => boolean;
  readonly onPrepared: (attempt: Attempt, carried: readonly Case<A>[]) => void;
  /** The queue has them back. */
  readonly onReturned: () => void;
};

/** Pause before a journal that could not be read is asked again. */
const RETRY_MS = 1_000;

export type Stalls<A extends Authorization> = {
  /** What a lane's `onStalled` does. */
  readonly onStalled: LaneOptions<A>['onStalled'];
  /** The journal is asked nothing more: it finds what it holds at the next start. */
  stop(): void;
};

export function createStalls<A extends Authorization>(options: StallsOptions<A>): Stalls<A> {
  const { chain, journal, clock, meter, queue, writing } = options;
  let stopped = false;
  const fault = (detail: string) => meter.record({ type: 'fault', network: chain.network, detail });

  function giveBack(stalled: readonly Case<A>[]): void {
    queue.giveBack(stalled);
    options.onReturned();
  }

  /** The journal failed when it was given the bytes: it has them, or the payments go back to the queue. */
  async function reconcile(stalled: readonly Case<A>[], hash: string): Promise<void> {
    if (stopped) return;
    try {
      const { attempts } = await journal.unfinished(chain.network);
      // A recovery may have found some of them meanwhile.
      const left = stalled.filter((kase) => kase.phase === 'signing');
      const attempt = attempts.find((each) => each.hash === hash);
      if (attempt === undefined) giveBack(left);
      else if (left.length > 0 || stalled.length === 0) adopt(attempt, left);
    } catch (error) {
      fault(`the journal cannot be read: ${describeError(error)}`);
      clock.after(RETRY_MS, () => void reconcile(stalled, hash));
    }
  }

  function adopt(attempt: Attempt, carried: readonly Case<A>[]): void {
    const authorizations = carried.map((kase) => kase.authorization);
    if (writing()) options.laneOf(attempt.signer)?.opened(attempt.nonce, worthOf(chain, authorizations));
    options.onPrepared(attempt, carried);
  }

  return {
    onStalled(stalled, error, hash) {
      fault(`a transaction could not be prepared: ${describeError(error)}`);
      if (hash === undefined) giveBack(stalled);
      else void reconcile(stalled, hash);
    },
    stop() {
      stopped = true;
    },
  };
}
