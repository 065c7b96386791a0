/** GLUE on the two networks where the agents pay with it. Its EIP-712 name is not the same on both. */
import { newWallet } from '@facilitator/testing';
import type { Address } from 'viem';
import { type NetworkChain, startNetworkChain } from '../stage/network-chain.ts';
import { transfersTo } from '../stage/on-chain.ts';
import { type Domain, type Purchase, type SignedPurchase, sign } from './agents.ts';

/** On Base Sepolia. */
export const LONG_NAME: Domain = { name: 'Gasless Ultravioleta DAO Extended Token', version: '1' };
/** On Fuji. */
export const FIRST_NAME: Domain = { name: 'GLUE Token', version: '1' };

export const PRICE = 10_000n;

/** The networks that the agents ask for by name. */
export const NAMES = ['avalanche-fuji', 'avalanche', 'base-sepolia', 'base'] as const;

export type Chains = Readonly<Record<(typeof NAMES)[number], NetworkChain>>;

export async function startChains(): Promise<Chains> {
  const payer = newWallet();
  const [fuji, avalanche, baseSepolia, base] = await Promise.all([
    startNetworkChain('avalanche-fuji', payer),
    startNetworkChain('avalanche', payer),
    startNetworkChain('base-sepolia', payer),
    startNetworkChain('base', payer),
  ]);
  return { 'avalanche-fuji': fuji, avalanche, 'base-sepolia': baseSepolia, base };
}

/** A purchase in GLUE, signed under `domain` by the chain's buyer unless `other` says otherwise. */
export function buys(
  chain: NetworkChain,
  domain: Domain,
  payTo: Address,
  other: Partial<Pick<Purchase, 'buyer' | 'window'>> = {},
): Promise<SignedPurchase> {
  const { network, buyer } = chain;
  const token = chain.token('GLUE').address;
  return sign({ network: network.name, chainId: network.chainId, token, domain, buyer, payTo, price: PRICE, ...other });
}

/** The amounts of GLUE that a payee was sent so far. */
export function received(chain: NetworkChain, payee: Address): Promise<bigint[]> {
  return transfersTo(chain.anvil, chain.token('GLUE').address, payee);
}
