/** The engine as the server sees it. */
import type { Batching, Caip2, Payment, SettleAnswer, VerifyAnswer } from '@facilitator/protocol';
import type { BreakersView } from './breakers/breakers.ts';
import type { Authorization, Chain } from './ports/chain.ts';
import type { PaymentRecord } from './ports/journal.ts';
import type { BudgetLimits, BudgetView } from './spending/budget.ts';

/**
 * Nothing was decided; the identical request may be sent again after `retryAfter` seconds. `message` says that nothing was
 * sent where that is known.
 */
export type Unavailable = { readonly status: 'unavailable'; readonly message: string; readonly retryAfter: number };

/** The idempotency key was used for another payment. */
export type Conflict = { readonly status: 'conflict'; readonly message: string };

export type SettleOptions = {
  /** The caller's idempotency key: the same key and payment always get the stored answer. */
  readonly key?: string;
  /** Who pays for it in budgets: an opaque name that the same caller always has. */
  readonly caller?: string;
  /** How long to wait for evidence before answering `pending`, in milliseconds. */
  readonly waitMs: number;
  /** Aborted when the caller went away; its claim on the answer ends then. */
  readonly signal: AbortSignal;
};

export type Settlement = {
  readonly answer: SettleAnswer | Unavailable | Conflict;
  /** The payment's id when the request could be read so far. Needed for `undelivered`. */
  readonly id: string | undefined;
};

export type Verification = {
  readonly answer: VerifyAnswer | Unavailable;
  /** The same id that a settlement of this payment has. */
  readonly id: string | undefined;
};

export type SignerStatus = {
  readonly address: string;
  /** Native units, as last heard and less what was paid since; undefined while it is not known. */
  readonly balance: bigint | undefined;
  /** `dry`: it holds too little to be given payments. `failing`: it did not sign when it was asked last. */
  readonly status: 'good' | 'dry' | 'failing';
  /** Transactions without an outcome. */
  readonly inFlight: number;
};

/** What a network may cost. Native units. */
export type Spending = {
  readonly budget?: BudgetLimits;
  /** What a signer must hold to be given payments; unless given, the most that one payment of the dearest kind may cost now. */
  readonly floor?: bigint;
};

export type NetworkStatus = {
  readonly network: Caip2;
  /**
   * `opening`      not checked yet
   * `open`         payments are taken
   * `silent`       it was opened, and its RPC does not answer now
   * `dry`          it was opened, and no signer has enough to pay for gas: payments are verified only
   * `closed`       what only the operator can mend
   * `unreachable`  its RPC has not answered yet
   */
  readonly status: 'opening' | 'open' | 'silent' | 'dry' | 'closed' | 'unreachable';
  /** Why it is not open; empty when it is. Safe to show. */
  readonly reason: string;
  readonly signers: readonly SignerStatus[];
  readonly budget: BudgetView;
  /** Tokens that are paused, payees that are blocked, payers that have to wait. */
  readonly breakers: BreakersView;
  /** Whether this process signs for the network; another one may, then this one hands payments over. */
  readonly writing: boolean;
  /** Payments on their way here that are neither settled nor failed. */
  readonly inFlight: number;
};

/** What the operator decides about one network, apart from what its chain was told. */
export type NetworkRules = {
  /** Which payments share a transaction; a payment may ask for less company. `auto` unless given. */
  readonly batching?: Batching;
  readonly spending?: Spending;
};

export interface Engine {
  /** Adds a network. Call before `open`. */
  add<A extends Authorization>(chain: Chain<A>, rules?: NetworkRules): void;
  /** Opens every network, reconciles what the journal holds, then resolves. Networks that cannot open keep trying. */
  open(): Promise<void>;
  verify(payment: Payment): Promise<Verification>;
  settle(payment: Payment, options: SettleOptions): Promise<Settlement>;
  /** The success that `settle` returned did not reach its caller: an identical retry may have it. */
  undelivered(id: string): Promise<void>;
  /** Payments by id or by transaction hash; empty when unknown. */
  find(idOrTransaction: string): Promise<readonly PaymentRecord[]>;
  networks(): readonly NetworkStatus[];
  /** True once every network was asked, and one was opened and has reconciled, however it fares since. */
  ready(): boolean;
  /**
   * Stops admission, gives callers who wait for a broadcast transaction up to `graceMs` to get their success, answers the
   * rest, and leaves what is unfinished to the journal.
   */
  close(graceMs?: number): Promise<void>;
}
