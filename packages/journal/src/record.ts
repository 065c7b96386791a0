/** Between rows and what the port speaks of. Values that no store could keep faithfully are refused here. */
import type {
  Attempt,
  AttemptOutcome,
  Claim,
  Conclusion,
  Item,
  LaneKey,
  PaymentRecord,
  Signed,
} from '@facilitator/engine';
import type { Locator, Seconds } from '@facilitator/protocol';
import { refused } from './journal-error.ts';
import type { PaymentsTable, TransactionsTable } from './schema.ts';

const INT64_MAX = 2n ** 63n - 1n;

/** Text that both stores give back as it went in: PostgreSQL has no NUL, UTF-8 has no lone surrogates. */
export function isStorable(value: string): boolean {
  return value.isWellFormed() && !value.includes('\0');
}

export function text(name: string, value: string): string {
  if (!isStorable(value)) throw refused(`${name} contains a character that cannot be stored.`);
  return value;
}

function nonNegative(name: string, value: bigint): string {
  if (value < 0n) throw refused(`${name} must not be negative.`);
  return value.toString();
}

function int64(name: string, value: bigint): bigint {
  if (value < 0n || value > INT64_MAX) throw refused(`${name} must be between 0 and 2^63 - 1.`);
  return value;
}

function count(name: string, value: number): bigint {
  if (!Number.isSafeInteger(value) || value < 0) throw refused(`${name} must be a whole number, 0 or more.`);
  return BigInt(value);
}

/** A claim as the row it becomes. */
export function claimRow(claim: Claim, owner: bigint, now: Seconds): PaymentsTable {
  return {
    id: text('id', claim.id),
    network: claim.network,
    asset: text('asset', claim.asset),
    payer: text('payer', claim.payer),
    pay_to: text('payTo', claim.payTo),
    amount: nonNegative('amount', claim.amount),
    expires: nonNegative('expires', claim.expires),
    fingerprint: text('fingerprint', claim.fingerprint),
    stored_authorization: text('authorization', claim.authorization),
    idempotency_key: claim.key === undefined ? null : text('key', claim.key),
    state: 'claimed',
    owner,
    transaction_hash: null,
    log_index: null,
    authorization_nonce: null,
    batch_size: null,
    reason: null,
    message: null,
    delivered: 0n,
    claimed_at: int64('claimedAt', now),
    concluded_at: null,
  };
}

/** The columns of a signed transaction that do not depend on its place. */
export type SignedColumns = Pick<TransactionsTable, 'hash' | 'outcome' | 'block' | 'cost' | 'created_at'> & {
  readonly bytes: string;
};

export function signedColumns(signed: Signed, now: Seconds): SignedColumns {
  if (signed.hash === '') throw refused('A signed transaction has no hash.');
  return {
    hash: text('hash', signed.hash),
    bytes: text('bytes', signed.bytes),
    outcome: 'open',
    block: null,
    cost: null,
    created_at: int64('createdAt', now),
  };
}

export function attemptRow(attempt: Attempt, turn: bigint, now: Seconds): TransactionsTable {
  return {
    ...signedColumns(attempt, now),
    network: attempt.network,
    signer: text('signer', attempt.signer),
    nonce: int64('nonce', attempt.nonce),
    attempt: int64('attempt', turn),
  };
}

export function makeAttempt(lane: LaneKey, nonce: bigint, items: readonly Item[], signed: Signed): Attempt {
  const { hash, bytes } = signed;
  const ids = items.map(({ id }) => text('id', id));
  return { network: lane.network, signer: lane.signer, nonce, items: ids, hash, bytes };
}

/** The columns that an ending fills. */
export type Ending = Pick<
  PaymentsTable,
  | 'id'
  | 'state'
  | 'transaction_hash'
  | 'log_index'
  | 'authorization_nonce'
  | 'batch_size'
  | 'reason'
  | 'message'
  | 'delivered'
  | 'concluded_at'
>;

/** The transfer that proves a settled payment, within its network; `undefined` for a failed one. */
export function evidenceOf({ transaction_hash, log_index }: Ending): string | undefined {
  return log_index === null ? undefined : `${transaction_hash}#${log_index}`;
}

/** An empty transaction hash of a failure means that none was sent. */
export function ending(id: string, conclusion: Conclusion, now: Seconds): Ending {
  text('id', id);
  const transaction_hash = conclusion.transaction === '' ? null : text('transaction', conclusion.transaction);
  const concluded_at = int64('concludedAt', now);
  if (conclusion.state === 'failed')
    return {
      id,
      state: 'failed',
      transaction_hash,
      log_index: null,
      authorization_nonce: null,
      batch_size: null,
      reason: conclusion.reason,
      message: text('message', conclusion.message),
      delivered: 0n,
      concluded_at,
    };
  const { locator } = conclusion;
  if (transaction_hash === null) throw refused('A settled payment needs the transaction that paid it.');
  if (locator.batchSize < 1) throw refused('A settled payment is at least one in its transaction.');
  return {
    id,
    state: 'settled',
    transaction_hash,
    log_index: count('logIndex', locator.logIndex),
    authorization_nonce: text('authorizationNonce', locator.authorizationNonce),
    batch_size: count('batchSize', locator.batchSize),
    reason: null,
    message: null,
    delivered: conclusion.delivered ? 1n : 0n,
    concluded_at,
  };
}

/** The columns that an attempt's outcome fills. */
export type Closing = {
  readonly outcome: AttemptOutcome['status'];
  readonly block: bigint | null;
  readonly cost: string | null;
};

export function closing(outcome: AttemptOutcome): Closing {
  if (outcome.status === 'superseded') return { outcome: 'superseded', block: null, cost: null };
  return { outcome: 'included', block: int64('block', outcome.block), cost: nonNegative('cost', outcome.cost) };
}

export function toPayment(row: PaymentsTable): PaymentRecord {
  return {
    id: row.id,
    network: row.network,
    asset: row.asset,
    payer: row.payer,
    payTo: row.pay_to,
    amount: BigInt(row.amount),
    expires: BigInt(row.expires),
    fingerprint: row.fingerprint,
    state: row.state,
    authorization: row.stored_authorization ?? undefined,
    key: row.idempotency_key ?? undefined,
    transaction: row.transaction_hash ?? undefined,
    locator: locator(row),
    reason: row.reason ?? undefined,
    message: row.message ?? undefined,
    delivered: row.delivered === 1n,
    claimedAt: row.claimed_at,
    concludedAt: row.concluded_at ?? undefined,
  };
}

function locator(row: PaymentsTable): Locator | undefined {
  if (row.log_index === null || row.authorization_nonce === null || row.batch_size === null) return undefined;
  return {
    logIndex: Number(row.log_index),
    authorizationNonce: row.authorization_nonce,
    batchSize: Number(row.batch_size),
  };
}
