/** The tables as kysely types them, the same in both stores: every integer is a bigint, every uint256 is decimal text. */
import type { PaymentState } from '@facilitator/engine';
import type { Caip2, Reason } from '@facilitator/protocol';
import { type RawBuilder, sql } from 'kysely';

export type PaymentsTable = {
  readonly id: string;
  readonly network: Caip2;
  readonly asset: string;
  readonly payer: string;
  readonly pay_to: string;
  /** uint256 in decimal. */
  readonly amount: string;
  /** uint256 in decimal: payers may sign a window that never closes. */
  readonly expires: string;
  readonly fingerprint: string;
  /** Gone once the payment is final. */
  readonly stored_authorization: string | null;
  readonly idempotency_key: string | null;
  readonly state: PaymentState;
  /** The process that claimed it: whose caller it is. */
  readonly owner: bigint;
  readonly transaction_hash: string | null;
  readonly log_index: bigint | null;
  readonly authorization_nonce: string | null;
  readonly batch_size: bigint | null;
  readonly reason: Reason | null;
  readonly message: string | null;
  /** 0 or 1. */
  readonly delivered: bigint;
  readonly claimed_at: bigint;
  readonly concluded_at: bigint | null;
};

export type TransactionsTable = {
  readonly hash: string;
  readonly network: Caip2;
  readonly signer: string;
  readonly nonce: bigint;
  /** 0 for the first transaction at a nonce; its replacements count up. */
  readonly attempt: bigint;
  /** Gone once it has an outcome: the bytes contain the payers' signatures. */
  readonly bytes: string | null;
  readonly outcome: 'open' | 'included' | 'superseded';
  readonly block: bigint | null;
  /** Native units in decimal. */
  readonly cost: string | null;
  readonly created_at: bigint;
};

type ItemsTable = {
  readonly transaction_hash: string;
  readonly position: bigint;
  readonly payment_id: string;
};

export type Schema = {
  readonly payments: PaymentsTable;
  readonly transactions: TransactionsTable;
  readonly items: ItemsTable;
};

/**
 * The conditions of the partial indexes, for queries that want all that is open. The same text in index and query: a
 * planner takes a partial index only when it can prove that the query stays inside.
 */
export const unfinishedPayment: RawBuilder<boolean> = sql<boolean>`state in ('claimed', 'queued', 'prepared')`;
export const openTransaction: RawBuilder<boolean> = sql<boolean>`outcome = 'open'`;
export const includedTransaction: RawBuilder<boolean> = sql<boolean>`outcome = 'included'`;

/**
 * An open transaction, for statements that start from ids. It gives the planner nothing to prove, because SQLite would
 * rather walk everything in the partial index than look the ids up.
 */
export const stillOpen: RawBuilder<boolean> = sql<boolean>`coalesce(transactions.outcome, '') = 'open'`;
