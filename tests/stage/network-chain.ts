/** A local chain that stands for one network of the registry: its id, its tokens at their addresses, three parties. */
import { createNetworks, type EvmNetwork, type EvmToken } from '@facilitator/protocol';
import {
  type Anvil,
  balanceOf,
  fund,
  newWallet,
  putContract,
  putRegistryToken,
  startAnvil,
  type Wallet,
} from '@facilitator/testing';
import type { Address } from 'viem';

export type NetworkChain = {
  readonly network: EvmNetwork;
  readonly anvil: Anvil;
  /** Pays for gas, and has no tokens. */
  readonly facilitator: Wallet;
  /** Has nothing yet. */
  readonly seller: Wallet;
  /** Has some of every token, and no native coin: buyers need none. */
  readonly buyer: Wallet;
  /** The registry's token of that symbol, which stands on this chain. */
  token(symbol: string): EvmToken;
  /** Atomic units. */
  balance(symbol: string, holder: Address): Promise<bigint>;
  setBalance(symbol: string, holder: Address, amount: bigint): Promise<void>;
  stop(): Promise<void>;
};

/** What the buyer has of each token: 1,000 of those with six decimals. */
export const PURSE = 1_000_000_000n;

/** Every EVM network of the registry. */
export function evmNetworks(): readonly EvmNetwork[] {
  return createNetworks()
    .all()
    .filter((network) => network.family === 'evm');
}

/**
 * Starts a chain for a network of the registry, which mines a block for each transaction and one each second.
 * `facilitator` pays for gas; a new wallet unless given.
 */
export async function startNetworkChain(name: string, facilitator: Wallet = newWallet()): Promise<NetworkChain> {
  const network = evmNetworks().find((each) => each.name === name);
  if (network === undefined) throw new Error(`${name} is not an EVM network of the registry`);
  const { chainId, fees } = network;
  const anvil = await startAnvil({ chainId, wallets: 0, hardfork: fees === 'legacy' ? 'berlin' : 'prague' });
  const [seller, buyer] = [newWallet(), newWallet()];
  const token = (symbol: string) => {
    const found = network.tokens.find((each) => each.symbol === symbol);
    if (found === undefined) throw new Error(`there is no ${symbol} on ${name}`);
    return found;
  };
  try {
    await putContract(anvil, 'Multicall3', network.multicall3);
    await anvil.setBalance(facilitator.address, 10n ** 21n);
    for (const each of network.tokens) {
      await putRegistryToken(anvil, each);
      await fund(anvil, each, buyer.address, PURSE);
    }
  } catch (fault) {
    await anvil.stop();
    throw fault;
  }
  return {
    network,
    anvil,
    facilitator,
    seller,
    buyer,
    token,
    balance: (symbol, holder) => balanceOf(anvil, token(symbol), holder),
    setBalance: (symbol, holder, amount) => fund(anvil, token(symbol), holder, amount),
    stop: anvil.stop,
  };
}

/** The EIP-712 domain under which a token of the registry stands on these chains. */
export function domainOf(token: EvmToken): { readonly name: string; readonly version: string } {
  if (token.domain === undefined) throw new Error(`the registry knows no domain of ${token.symbol}`);
  return token.domain;
}
