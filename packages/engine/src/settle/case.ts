/** A payment on its way through this process, and the caller who waits for it. */
import type { Settlement } from '../engine.ts';
import type { Authorization } from '../ports/chain.ts';
import type { Reservation } from '../spending/budget.ts';

/**
 * `claiming`  journal and chain are being asked
 * `queued`    verified and claimed, waits for a lane
 * `signing`   a lane is writing its transaction to the journal
 * `prepared`  the journal holds signed bytes; the network may have them
 * `remote`    another process carries it; the journal tells how it ends
 */
type Phase = 'claiming' | 'queued' | 'signing' | 'prepared' | 'remote';

/**
 * The one caller who will be told. Others are told `duplicate_settlement`, or share this answer by idempotency key.
 *
 *   waiting ----------> told      by the end, or by something true when it is due
 *     |  ^                ^
 *     v  | it failed      |
 *    held ----------------'       by the end alone, however due it is
 */
export type Waiter = {
  readonly answered: Promise<Settlement>;
  readonly answer: (settlement: Settlement) => void;
  /** Connections that wait for it: more than one only with the same idempotency key. */
  callers: number;
  /** Its time is over, or nobody waits any more: it is told as soon as something true can be said. */
  due: boolean;
  /** Held by so many writes that tell the journal that this caller has the answer. Only `Cases` holds and lets go. */
  held: number;
};

export type Case<A extends Authorization> = {
  readonly authorization: A;
  readonly fingerprint: string;
  /** The idempotency key under which the answer is kept. A retry may bring the first one. */
  key: string | undefined;
  /** Who pays for it in budgets. */
  readonly caller: string | undefined;
  /** What it may cost, until it leaves. */
  reservation: Reservation | undefined;
  phase: Phase;
  /** How many payments may share its next transaction, itself included. Fewer after one that did not pay it. */
  most: number;
  /** Hash of the newest attempt; empty before the first. */
  transaction: string;
  /** Whether nodes refused its transaction when it was last handed over. */
  refused: boolean;
  waiter: Waiter | undefined;
  /**
   * The end is being written, or was by a write that failed and may be stored, as delivered to its caller. No other
   * process can have ended it since: the mark goes with the right to write.
   */
  given: boolean;
  /** Others were told that it is being settled: so it is, also when the caller it is settled for has left. */
  promised: boolean;
};

type Origin = { readonly key?: string | undefined; readonly caller?: string | undefined };

export function openCase<A extends Authorization>(
  authorization: A,
  fingerprint: string,
  { key, caller }: Origin = {},
): Case<A> {
  return {
    ...{ authorization, fingerprint, key, caller },
    reservation: undefined,
    phase: 'claiming',
    most: Number.POSITIVE_INFINITY,
    transaction: '',
    refused: false,
    waiter: undefined,
    given: false,
    promised: false,
  };
}

/** Makes the caller the one who is told. Only while nobody else is. */
export function attachWaiter<A extends Authorization>(kase: Case<A>): Waiter {
  const { promise, resolve } = Promise.withResolvers<Settlement>();
  const waiter: Waiter = { answered: promise, answer: resolve, callers: 0, due: false, held: 0 };
  kase.waiter = waiter;
  return waiter;
}
