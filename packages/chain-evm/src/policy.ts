/** What an operator may decide about one EVM network. Every default is here. */
import type { EvmNetwork } from '@facilitator/protocol';
import { KNOWN_FACTORIES } from './decode/factories.ts';

/** Most gas sponsored for one payment, by how the payer signed. Gas below the ceiling costs nothing when it is not used. */
export type GasCeilings = {
  /** A key's signature. USDC needs 86,000, and 103,000 when the payee is new. */
  readonly key: bigint;
  /**
   * One of several keys' signatures in a transaction: the others share what a transaction costs by itself. USDC needs some
   * 60,000, and 77,000 when the payee is new.
   */
  readonly grouped: bigint;
  /** A contract's signature: passkeys without a precompile need some 330,000 more. */
  readonly wallet: bigint;
  /** The same, and the wallet's deployment. */
  readonly undeployed: bigint;
};

export type EvmPolicy = {
  /** Takes any token with EIP-3009, not only configured ones. The token may be hostile: it may burn gas up to the ceiling. */
  readonly anyAsset: boolean;
  /** Wallet factories that ERC-6492 signatures may name. */
  readonly factories: readonly string[];
  /** Seconds before `validBefore` at which a payment is too late to settle. */
  readonly marginSeconds: bigint;
  readonly gas: GasCeilings;
  /** Wei per gas. Above it nothing is signed. */
  readonly maxFeePerGas: bigint;
  /** Wei per gas. A node that asks for more gets this. */
  readonly maxTipPerGas: bigint;
  /** Most payments simulated in one eth_call, and most carried by one transaction. */
  readonly company: number;
  /** How far back a use of an authorization by somebody else is looked for, in blocks. */
  readonly lookBackBlocks: bigint;
  /** Blocks after a payment's own in which its disappearance is still looked for; 0: none. */
  readonly reorgDepth: number;
};

const GWEI = 10n ** 9n;

/** Where gas is not what it is elsewhere. */
const GAS_BY_CHAIN: ReadonlyMap<number, GasCeilings> = new Map([
  // Arbitrum sells room on Ethereum as gas of its own, by the price of the hour.
  [42161, { key: 1_500_000n, grouped: 500_000n, wallet: 2_000_000n, undeployed: 3_000_000n }],
  [421614, { key: 1_500_000n, grouped: 500_000n, wallet: 2_000_000n, undeployed: 3_000_000n }],
  // Sei votes on the price of a storage write: 72,000 on its test network, where Ethereum has 20,000.
  [1329, { key: 400_000n, grouped: 320_000n, wallet: 900_000n, undeployed: 2_000_000n }],
  [1328, { key: 400_000n, grouped: 320_000n, wallet: 900_000n, undeployed: 2_000_000n }],
]);

const GAS: GasCeilings = { key: 150_000n, grouped: 95_000n, wallet: 500_000n, undeployed: 1_000_000n };

/** Avalanche, HyperEVM and Sei: their validators agree on a block before it counts. */
const FINAL_AT_ONCE: ReadonlySet<number> = new Set([43_114, 43_113, 999, 998, 1329, 1328]);
const REORG_DEPTH = 64;

/** Beside the wait for a block: the way to the node, clocks that disagree, a block that is late. */
const SPARE_SECONDS = 5n;

export function defaultPolicy(network: EvmNetwork): EvmPolicy {
  return {
    anyAsset: false,
    factories: [...KNOWN_FACTORIES.keys()],
    marginSeconds: SPARE_SECONDS + BigInt(Math.ceil(network.blockMs / 1000)),
    gas: GAS_BY_CHAIN.get(network.chainId) ?? GAS,
    // Ether is dear and its networks are cheap; the other coins are cheap, and some ask for hundreds of gwei.
    maxFeePerGas: network.native === 'ETH' ? 100n * GWEI : 1_000n * GWEI,
    maxTipPerGas: network.native === 'ETH' ? 10n * GWEI : 200n * GWEI,
    company: 50,
    lookBackBlocks: 100_000n,
    reorgDepth: FINAL_AT_ONCE.has(network.chainId) ? 0 : REORG_DEPTH,
  };
}
