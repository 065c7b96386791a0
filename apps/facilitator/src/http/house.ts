/** What the endpoints work with. Everything is passed in; no endpoint reads the environment. */
import type { Engine } from '@facilitator/engine';
import type { Batching, Caip2, Network, Networks } from '@facilitator/protocol';
import type { Logger } from 'pino';
import type { Metrics } from '../meter/metrics.ts';

/** A network that the configuration switches on. */
export type Served = {
  readonly network: Network;
  /** Addresses that pay for its transactions. */
  readonly signers: readonly string[];
  /** Which payments share a transaction unless a request asks for less company. */
  readonly batching: Batching;
  /** Tokens that can be paid with now, as their contracts describe themselves. */
  tokens(): readonly ServedToken[];
};

export type ServedToken = {
  readonly symbol: string;
  readonly decimals: number;
  readonly address: string;
  /** The EIP-712 domain that buyers sign under. */
  readonly name: string;
  readonly version: string;
};

export type House = {
  readonly engine: Engine;
  readonly networks: Networks;
  readonly served: readonly Served[];
  /** Why a known network is not served. */
  readonly unserved: ReadonlyMap<Caip2, string>;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly options: HttpOptions;
};

type HttpOptions = {
  /** Bytes. */
  readonly bodyLimit: number;
  /** How long a settlement waits for evidence unless its caller says otherwise. */
  readonly settleWaitMs: number;
  /** HTTP status of a settlement that failed: 200 as the protocol's clients expect, or one that careless ones notice. */
  readonly settleFailureStatus: number;
  readonly keepAliveMs: number;
  /** Whether tokens outside the registry are taken. */
  readonly anyAsset: boolean;
  /** `*` or a list of origins. */
  readonly corsOrigins: readonly string[];
  /** POST requests that one client may make in a minute; undefined: as many as it likes. */
  readonly rateLimitPerMinute: number | undefined;
  /** Proxies of our own in front, whose word on the client's address is taken. */
  readonly trustProxyHops: number;
  readonly maxConcurrentRequests: number;
};
