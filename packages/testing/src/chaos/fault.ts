/** What a fault is: how a call or its answer is altered, or how the answer is brought to the caller. */
import type { Exchange, Interception, RpcCall } from '../rpc-forwarder.ts';

/** How much of it, where a fault has a size. */
export type Severity = {
  /** How many blocks stale reads are behind. Default 5. */
  readonly staleBlocks: number;
  /** How often a receipt is held back. Default 2. */
  readonly lateReceipts: number;
  /** What Retry-After says. Default 1. */
  readonly retryAfterSeconds: number;
  /** Bytes of an oversized body. Default 64 MiB. */
  readonly oversizedBytes: number;
  /** Milliseconds between two pieces of a slow answer. Default 50. */
  readonly dripMs: number;
};

/** What faults that act on calls know of the node. Made anew for each request, so that a batch sees one head. */
export type Vantage = {
  readonly severity: Severity;
  /** The node's newest block. */
  head(): Promise<bigint>;
  /** How often this was asked before, by any request. */
  askedBefore(what: string): number;
};

export type Fault = {
  /** It hits requests that have one of these calls, and in a batch only those. Any call unless given. */
  readonly methods?: readonly string[];
  /** True for faults that only a JSON-RPC batch of two or more calls can have. */
  readonly batch?: boolean;
  readonly alter?: (call: RpcCall, vantage: Vantage) => Interception | Promise<Interception>;
  readonly bring?: (exchange: Exchange, severity: Severity) => void | Promise<void>;
};
