/** What is known of a network before anybody has asked it: names, ids, tokens, explorers and how long to wait. */
import type { Caip2 } from '../payment.ts';

export type Family = 'evm' | 'svm' | 'near' | 'stellar';

/** An EVM address in its checksummed spelling. */
export type EvmAddress = `0x${string}`;

/**
 * When a transaction counts as settled.
 * `included`: its block is enough. `blocks`: that many blocks, counting the one that carries it, so 1 is `included`.
 * `safe`: the chain's own sign that only an attack could undo it (`safe` on EVM, `confirmed` on Solana, `final` on NEAR).
 */
export type Confirmation = 'included' | 'safe' | { readonly blocks: number };

/** Address templates: `{hash}` and `{address}` stand for what is looked up. */
export type Explorer = { readonly transaction: string; readonly address: string };

/** The part of an EIP-712 domain that a token chooses; chain id and contract follow from where it lives. */
export type Domain = { readonly name: string; readonly version: string };

export type TransferEvent = 'after' | 'before';

/** EIP-3009. `both`: the overload with `bytes signature` exists beside the one with v, r, s; `vrs`: only the latter. */
export type Eip3009 = {
  readonly method: 'eip3009';
  readonly overloads: 'both' | 'vrs';
  /**
   * On which side of its AuthorizationUsed event the token emits Transfer; `after` unless given. A fact about the contract:
   * receipts must not decide it, because strangers choose what stands in them.
   */
  readonly transferEvent?: TransferEvent;
};

type TokenOf<Address extends string, Transfer> = {
  readonly symbol: string;
  readonly address: Address;
  readonly decimals: number;
  readonly transfer: Transfer;
};

export type EvmToken = TokenOf<EvmAddress, Eip3009> & {
  /** Absent when only the chain knows. */
  readonly domain?: Domain;
  /**
   * True when the domain is known to be the contract's: a contract that disagrees is not the token meant here.
   * False when it is the best guess: the contract's own answer decides.
   */
  readonly domainVerified: boolean;
};
export type SvmToken = TokenOf<string, { readonly method: 'spl'; readonly program: 'token' | 'token-2022' }>;
export type NearToken = TokenOf<string, { readonly method: 'nep141' }>;
export type StellarToken = TokenOf<string, { readonly method: 'sep41' }>;
export type Token = EvmToken | SvmToken | NearToken | StellarToken;

type NetworkOf<F extends Family, T extends Token> = {
  readonly family: F;
  /** The v1 name, for example `base-sepolia`. */
  readonly name: string;
  readonly caip2: Caip2;
  /** Other spellings that callers use. */
  readonly aliases: readonly string[];
  readonly testnet: boolean;
  /** For people. */
  readonly label: string;
  /** Stem of environment variables, for example `BASE_SEPOLIA` in `RPC_URL_BASE_SEPOLIA`. */
  readonly env: string;
  /** Endpoints that need no key, best first. */
  readonly publicRpc: readonly string[];
  readonly explorer: Explorer | undefined;
  /** Milliseconds between blocks, roughly: for pacing only. */
  readonly blockMs: number;
  readonly confirmation: Confirmation;
  /** Symbol of the coin that pays for transactions. */
  readonly native: string;
  readonly tokens: readonly T[];
};

export type EvmNetwork = NetworkOf<'evm', EvmToken> & {
  readonly chainId: number;
  readonly fees: 'eip1559' | 'legacy';
  /** Where Multicall3 lives. The same address nearly everywhere. */
  readonly multicall3: EvmAddress;
};
export type SvmNetwork = NetworkOf<'svm', SvmToken>;
export type NearNetwork = NetworkOf<'near', NearToken>;
export type StellarNetwork = NetworkOf<'stellar', StellarToken>;
export type Network = EvmNetwork | SvmNetwork | NearNetwork | StellarNetwork;

/** The explorer's page of a transaction; undefined where there is no explorer. */
export function transactionPage(network: Network, hash: string): string | undefined {
  return network.explorer?.transaction.replace('{hash}', () => encodeURIComponent(hash));
}

/** The explorer's page of an account or contract; undefined where there is no explorer. */
export function addressPage(network: Network, address: string): string | undefined {
  return network.explorer?.address.replace('{address}', () => encodeURIComponent(address));
}
