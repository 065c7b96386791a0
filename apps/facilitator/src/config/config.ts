/** What the facilitator is told to do, after everything has been checked. Holds secrets: never log it. */
import type { RpcEndpoint } from '@facilitator/chain-evm';
import type { Batching, Caip2, EvmNetwork, Networks } from '@facilitator/protocol';
import type { LogLevel } from '../meter/log.ts';

/** A private key: 0x and 64 lower-case digits. */
export type PrivateKey = `0x${string}`;

export type ServerConfig = {
  readonly host: string;
  readonly port: number;
  readonly logLevel: LogLevel;
  /** Bytes. */
  readonly bodyLimit: number;
  readonly settleWaitMs: number;
  readonly settleFailureStatus: number;
  readonly keepAliveMs: number;
  readonly shutdownMs: number;
  readonly corsOrigins: readonly string[];
  /** Requests that one client may make in a minute; undefined: as many as it likes. */
  readonly rateLimitPerMinute: number | undefined;
  /** Proxies of our own in front. */
  readonly trustProxyHops: number;
  readonly maxConcurrentRequests: number;
};

/** What one payment may cost; what is left out has a default that fits the network. */
export type Ceilings = {
  /** Gas units. */
  readonly gas?: bigint;
  /** Wei. */
  readonly feePerGas?: bigint;
};

/** What a network may cost, in wei; see the engine's `Spending`. */
export type SpendingPlan = { readonly perDay?: bigint; readonly perCaller?: bigint; readonly floor?: bigint };

/** How a network is to be served; what is left out has a default. */
export type Conduct = {
  readonly batching?: Batching;
  /** Blocks after a payment's own in which its disappearance is still looked for; 0: none. */
  readonly reorgDepth?: number;
};

export type KmsVariable = 'EVM_KMS_KEYS_MAINNET' | 'EVM_KMS_KEYS_TESTNET';

/** Keys in AWS KMS, not asked for yet. */
export type KmsKeys = {
  /** Where they are named. */
  readonly variable: KmsVariable;
  /** Key ids, ARNs or aliases, as named; at least one. */
  readonly keyIds: readonly string[];
};

/** A network that is switched on. Each of its keys, wherever it is held, signs in a line of its own; there is at least one. */
export type NetworkPlan = {
  readonly network: EvmNetwork;
  /** At least one; the first is preferred while it is well. */
  readonly rpc: readonly RpcEndpoint[];
  readonly keys: readonly PrivateKey[];
  readonly kms: KmsKeys | undefined;
  readonly ceilings: Ceilings;
  readonly spending: SpendingPlan;
  readonly conduct: Conduct;
};

export type Config = {
  readonly server: ServerConfig;
  /** Undefined: the journal's own default. */
  readonly journalUrl: string | undefined;
  /** Days that payments which are over are remembered; 0: for ever. */
  readonly journalKeepDays: number;
  readonly networks: Networks;
  readonly served: readonly NetworkPlan[];
  /** Why each other network is not served. */
  readonly unserved: ReadonlyMap<Caip2, string>;
  readonly anyAsset: boolean;
  /** Further ERC-6492 factories. */
  readonly factories: readonly string[];
};

/** Something that must be mended before the facilitator can start. Never contains a value. */
export type Problem = {
  readonly variable: string;
  /** Completes "must be …", or says what is wrong. */
  readonly expected: string;
  readonly fix: string;
};

export type Reading =
  | { readonly status: 'config'; readonly config: Config; readonly notices: readonly string[] }
  /** Neither an RPC nor a key is there: nothing to serve, and nothing wrong either. */
  | { readonly status: 'unconfigured'; readonly server: ServerConfig; readonly notices: readonly string[] }
  | { readonly status: 'problems'; readonly problems: readonly Problem[]; readonly notices: readonly string[] };

/** A problem as one line for people. */
export function problemLine({ variable, expected, fix }: Problem): string {
  return `${variable}: ${expected}. ${fix}`;
}

/** Everything in a configuration that must not appear in a log. */
export function secretsOf(config: Config): readonly string[] {
  const journal = config.journalUrl !== undefined && /^postgres/i.test(config.journalUrl) ? [config.journalUrl] : [];
  return [
    ...journal,
    ...config.served.flatMap(({ rpc, keys, kms }) => [...rpc.map(({ url }) => url), ...keys, ...(kms?.keyIds ?? [])]),
  ];
}
