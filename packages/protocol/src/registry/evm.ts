/** Builds EVM entries: what follows from the chain id and the name is not written twice. */
import type { Domain, EvmAddress, EvmNetwork, EvmToken, Explorer } from './network.ts';

export const MULTICALL3: EvmAddress = '0xcA11bde05977b3631167028862bE2a173976CA11';

type Facts = Omit<EvmNetwork, 'family' | 'caip2' | 'env' | 'aliases' | 'fees' | 'multicall3'> &
  Partial<Pick<EvmNetwork, 'aliases' | 'fees' | 'multicall3'>>;

/** An EVM network from its facts. Fees are EIP-1559 and Multicall3 is at its usual address unless said otherwise. */
export function evmNetwork(facts: Facts): EvmNetwork {
  return {
    aliases: [],
    fees: 'eip1559',
    multicall3: MULTICALL3,
    ...facts,
    family: 'evm',
    caip2: `eip155:${facts.chainId}`,
    env: facts.name.toUpperCase().replaceAll('-', '_'),
  };
}

/** The paths that Etherscan and everything shaped like it use. */
export function etherscan(site: string): Explorer {
  return { transaction: `${site}/tx/{hash}`, address: `${site}/address/{address}` };
}

/** A FiatToken: 6 decimals, both overloads, domain version 2 unless given. */
export function fiatToken(symbol: string, address: EvmAddress, name: string, version = '2'): EvmToken {
  return {
    symbol,
    address,
    decimals: 6,
    domain: { name, version },
    domainVerified: true,
    transfer: { method: 'eip3009', overloads: 'both' },
  };
}

/** Circle's USDC. Its domain name differs from chain to chain, so it is always given. */
export function usdc(address: EvmAddress, name: 'USD Coin' | 'USDC'): EvmToken {
  return fiatToken('USDC', address, name);
}

/** The same token with a domain that nobody compared with the contract: its own answer decides. */
export function unverified(token: EvmToken): EvmToken {
  return { ...token, domainVerified: false };
}

/** A token without the overload that takes `bytes signature`. */
export function splitSignatureOnly(token: EvmToken): EvmToken {
  return { ...token, transfer: { ...token.transfer, overloads: 'vrs' } };
}

/** GLUE: only v, r, s, and no `version()`. */
export function glue(address: EvmAddress, domain: Domain): EvmToken {
  return {
    symbol: 'GLUE',
    address,
    decimals: 6,
    domain,
    domainVerified: true,
    transfer: { method: 'eip3009', overloads: 'vrs' },
  };
}

/** Agora's dollar has one address everywhere. Its name() is AUSD while its domain is Agora Dollar. */
export const AUSD: EvmToken = unverified(
  fiatToken('AUSD', '0x00000000eFE302BEAA2b3e6e1b18d08D69a9012a', 'Agora Dollar', '1'),
);
