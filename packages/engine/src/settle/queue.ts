/** Verified payments on their way to a lane. */
import { describeError } from '../describe-error.ts';
import type { Settlement } from '../engine.ts';
import type { Authorization, Chain } from '../ports/chain.ts';
import type { Clock } from '../ports/clock.ts';
import type { Journal } from '../ports/journal.ts';
import type { Meter } from '../ports/meter.ts';
import { failed, unavailable } from './answers.ts';
import type { Case } from './case.ts';
import type { Cases } from './cases.ts';

export type QueueOptions<A extends Authorization> = {
  readonly chain: Chain<A>;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly meter: Meter;
  readonly cases: Cases<A>;
  /** There is something to take. */
  readonly onFilled: () => void;
  /** A payment that was on the network once ran out of time: only the chain can say whether it was paid. */
  readonly onDoubtful: (kase: Case<A>) => void;
};

export type Queue<A extends Authorization> = {
  add(kase: Case<A>): void;
  /** Puts payments back that a lane took and could not carry. */
  giveBack(taken: readonly Case<A>[]): void;
  /** The next payments one transaction may carry, never one whose window closes too soon. */
  take(): readonly Case<A>[];
  /** Takes a payment out that was never signed, and tells its caller that nothing was sent. */
  withdraw(kase: Case<A>): Promise<void>;
  /** Stops handing out and withdraws everything that was never signed. */
  close(): Promise<void>;
};

export function createQueue<A extends Authorization>(options: QueueOptions<A>): Queue<A> {
  const { chain, journal, clock, meter, cases } = options;
  const queue: Case<A>[] = [];
  let closed = false;

  async function drop(kase: Case<A>, settlement: Settlement): Promise<void> {
    try {
      await journal.release(kase.authorization.anchor);
    } catch (error) {
      // Recovery releases it at the next start.
      meter.record({ type: 'fault', network: chain.network, detail: `a claim stays: ${describeError(error)}` });
    }
    cases.finish(kase, settlement);
  }

  async function withdraw(kase: Case<A>): Promise<void> {
    const at = queue.indexOf(kase);
    if (at < 0) return;
    queue.splice(at, 1);
    await drop(kase, unavailable('The payment could not be sent in time. Nothing was sent.', 2));
  }

  return {
    add(kase) {
      kase.phase = 'queued';
      queue.push(kase);
      options.onFilled();
    },
    giveBack(taken) {
      for (const kase of taken) kase.phase = 'queued';
      queue.unshift(...taken);
      for (const kase of taken) if (kase.waiter?.due && kase.transaction === '') void withdraw(kase);
    },
    take() {
      for (;;) {
        const next = closed ? undefined : queue.shift();
        if (next === undefined) return [];
        const late = chain.untimely(next.authorization, clock.now());
        if (late === undefined) return [next];
        if (next.transaction !== '') options.onDoubtful(next);
        else void drop(next, failed(next.authorization, late.reason, late.message, ''));
      }
    },
    withdraw,
    async close() {
      closed = true;
      await Promise.all(queue.filter((kase) => kase.transaction === '').map(withdraw));
    },
  };
}
