/** The payments on their way through this process, and what their callers are told. */
import type { Settlement, SettleOptions } from '../engine.ts';
import type { Authorization } from '../ports/chain.ts';
import type { Clock } from '../ports/clock.ts';
import { pending, unavailable } from './answers.ts';
import type { Case, Waiter } from './case.ts';

export type CasesOptions<A extends Authorization> = {
  readonly clock: Clock;
  /** The caller of a payment that waits in the queue here, or with another process, has no more time. */
  readonly onOverdue: (kase: Case<A>) => void;
};

export type Cases<A extends Authorization> = {
  readonly byAnchor: Map<string, Case<A>>;
  /** One caller's wait: ends with the answer, with its time, or with its connection. */
  wait(kase: Case<A>, waiter: Waiter, how: SettleOptions): Promise<Settlement>;
  /**
   * Tells the caller something true that is not the end. One who is being given the answer is told `pending` instead, and only
   * should that fail.
   */
  tell(kase: Case<A>, settlement: Settlement, waiter?: Waiter): void;
  /** The end: the payment leaves this process. */
  finish(kase: Case<A>, settlement: Settlement): void;
  /**
   * Runs a write by which these payments' callers have their answers. Until it is done nothing else is said to them, and
   * nobody comes in their place; then `finish` has to follow. When it rejects they wait on, and so do those of `without`
   * whatever it answers: it gave them nothing.
   */
  giving<T>(kases: readonly Case<A>[], write: () => Promise<T>, without?: (told: T) => readonly Case<A>[]): Promise<T>;
  /** The journal has signed bytes: callers without time learn the hash. */
  prepared(kase: Case<A>, transaction: string): void;
  /** Another process carries it, and may have signed: it stays here only as long as its caller waits. */
  entrusted(kase: Case<A>, transaction?: string): void;
};

export function createCases<A extends Authorization>(options: CasesOptions<A>): Cases<A> {
  const byAnchor = new Map<string, Case<A>>();

  function tell(kase: Case<A>, settlement: Settlement, waiter: Waiter | undefined = kase.waiter): void {
    if (waiter === undefined || waiter.held === 0) answer(kase, settlement, waiter);
    else waiter.due = true;
  }

  function answer(kase: Case<A>, settlement: Settlement, waiter: Waiter | undefined): void {
    if (kase.waiter === waiter) kase.waiter = undefined;
    waiter?.answer(settlement);
    if (kase.phase === 'remote' && kase.waiter === undefined) forget(kase);
  }

  function forget(kase: Case<A>): void {
    const { anchor } = kase.authorization;
    // Unless whoever took it back has released it already.
    if (kase.phase === 'remote') kase.reservation?.forfeit();
    else kase.reservation?.release();
    // Another process's claim of the same payment may have come in its place.
    if (byAnchor.get(anchor) === kase) byAnchor.delete(anchor);
  }

  function expire(kase: Case<A>, waiter: Waiter): void {
    // Whatever phase follows, it is not waited for.
    waiter.due = true;
    if (waiter.held > 0 || kase.phase === 'signing') return;
    if (kase.phase === 'remote') options.onOverdue(kase);
    else if (kase.transaction !== '') tell(kase, pendingOf(kase), waiter);
    else if (kase.phase === 'queued') options.onOverdue(kase);
    else tell(kase, unavailable('The payment could not be checked in time.', 2), waiter);
  }

  function signed(kase: Case<A>, transaction: string): void {
    kase.transaction = transaction;
    if (kase.waiter?.due && transaction !== '') tell(kase, pendingOf(kase));
  }

  return {
    byAnchor,
    tell,
    async wait(kase, waiter, how) {
      waiter.callers += 1;
      const cancel = options.clock.after(how.waitMs, () => expire(kase, waiter));
      const leave = () => {
        waiter.callers -= 1;
        // A delivery that is being written goes on; whoever sends it sees that nobody is there and gives it back.
        if (waiter.callers === 0) tell(kase, pendingOf(kase), waiter);
      };
      if (how.signal.aborted) leave();
      else how.signal.addEventListener('abort', leave, { once: true });
      try {
        return await waiter.answered;
      } finally {
        cancel();
        how.signal.removeEventListener('abort', leave);
      }
    },
    finish(kase, settlement) {
      forget(kase);
      answer(kase, settlement, kase.waiter);
    },
    async giving(kases, write, without = () => []) {
      const held = kases.flatMap((kase) => (kase.waiter === undefined ? [] : [{ kase, waiter: kase.waiter }]));
      const letGo = (some: readonly Case<A>[]) => {
        for (const { kase, waiter } of held) {
          if (!some.includes(kase)) continue;
          waiter.held -= 1;
          if (waiter.due) tell(kase, pendingOf(kase), waiter);
        }
      };
      for (const { waiter } of held) waiter.held += 1;
      try {
        const told = await write();
        letGo(without(told));
        return told;
      } catch (error) {
        letGo(kases);
        throw error;
      }
    },
    prepared(kase, transaction) {
      kase.phase = 'prepared';
      signed(kase, transaction);
    },
    entrusted(kase, transaction = kase.transaction) {
      kase.phase = 'remote';
      kase.given = false;
      if (kase.waiter === undefined) forget(kase);
      else signed(kase, transaction);
    },
  };
}

export function pendingOf<A extends Authorization>(kase: Case<A>): Settlement {
  return pending(kase.authorization, kase.transaction, kase.refused ? 'refused' : undefined);
}
