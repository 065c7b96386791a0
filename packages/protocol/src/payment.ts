/** The one shape that x402 v1 and v2 requests become at the edge, and the two answers that leave through it. */
import type { Batching } from './batching.ts';
import type { Reason } from './reasons.ts';

/** A CAIP-2 chain id, for example `eip155:84532`. */
export type Caip2 = `${string}:${string}`;

/** Seconds since the Unix epoch. */
export type Seconds = bigint;

export type X402Version = 1 | 2;

/** What the seller asks for: `paymentRequirements` of either version. */
export type Terms = {
  readonly scheme: string;
  readonly network: Caip2;
  /** Atomic units of `asset`. v1 calls it `maxAmountRequired`. */
  readonly amount: bigint;
  readonly asset: string;
  readonly payTo: string;
  readonly maxTimeoutSeconds: number;
  /** Scheme data as sent; `{}` when absent or null. */
  readonly extra: Readonly<Record<string, unknown>>;
  /** `extra.batching`, checked: who may share a transaction with it. The facilitator's own rule when absent. */
  readonly batching?: Batching;
};

/** What is being bought. v1 keeps it in the requirements, v2 beside them. Empty strings when not given. */
export type Resource = {
  readonly url: string;
  readonly description: string;
  readonly mimeType: string;
};

/** A decoded payment request. Nothing of it is trusted yet. */
export type Payment = {
  readonly version: X402Version;
  /** The network as the caller wrote it; answers use the same spelling. */
  readonly spelling: string;
  readonly terms: Terms;
  /** Scheme payload, still unknown: the chain of `terms.network` decodes it. */
  readonly payload: Readonly<Record<string, unknown>>;
  readonly resource: Resource;
  /** v2 extensions as sent; `{}` in v1. */
  readonly extensions: Readonly<Record<string, unknown>>;
};

/** What `/verify` found. */
export type VerifyAnswer =
  | { readonly status: 'valid'; readonly payer: string }
  | { readonly status: 'invalid'; readonly reason: Reason; readonly message: string; readonly payer?: string };

/** Where inside a transaction this payment's transfer stands. Several payments may share one transaction. */
export type Locator = {
  readonly logIndex: number;
  /** The authorization's own nonce, as the payer signed it. */
  readonly authorizationNonce: string;
  /** How many payments the transaction carries. */
  readonly batchSize: number;
};

/** What `/settle` did. */
export type SettleAnswer =
  | {
      readonly status: 'settled';
      readonly payer: string;
      readonly transaction: string;
      /** Atomic units that moved. */
      readonly amount: bigint;
      readonly locator: Locator;
    }
  | {
      /** `pending` has a transaction that may still be mined; `failed` is final or nothing was sent. */
      readonly status: 'pending' | 'failed';
      readonly reason: Reason;
      readonly message: string;
      readonly payer?: string;
      /** Hash of what was broadcast; empty when nothing was. */
      readonly transaction: string;
    };
