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

/** What a lane's `onStalled` does. */
export function createStalls<A extends Authorization>(options: StallsOptions<A>): LaneOptions<A>['onStalled'] {
  const { chain, journal, clock, meter, queue, writing } = options;
  const fault = (detail: string) => meter.record({ type: 'fault', network: chain.network, detail });

  function giveBack(stalled: readonly Case<A>[]): void {
    queue.giveBack(stalled);
    options.onReturned();
  }

  /** The journal failed while it was told: what it holds is on its way, the rest goes back to the queue. */
  async function reconcile(stalled: readonly Case<A>[]): Promise<void> {
    try {
      const { attempts } = await journal.unfinished(chain.network);
      // A recovery may have found some of them meanwhile.
      const left = new Set(stalled.filter((kase) => kase.phase === 'signing'));
      for (const attempt of attempts) {
        const carried = [...left].filter((kase) => attempt.items.includes(kase.authorization.anchor));
        for (const kase of carried) left.delete(kase);
        if (carried.length > 0) adopt(attempt, carried);
      }
      giveBack([...left]);
    } catch (error) {
      fault(`the journal cannot be read: ${describeError(error)}`);
      clock.after(RETRY_MS, () => void reconcile(stalled));
    }
  }

  function adopt(attempt: Attempt, carried: readonly Case<A>[]): void {
    const authorizations = carried.map((kase) => kase.authorization);
    if (writing()) options.laneOf(attempt.signer)?.opened(attempt.nonce, worthOf(chain, authorizations));
    options.onPrepared(attempt, carried);
  }

  return (stalled, error, stored) => {
    fault(`a transaction could not be prepared: ${describeError(error)}`);
    if (stored === 'unknown') void reconcile(stalled);
    else giveBack(stalled);
  };
}
