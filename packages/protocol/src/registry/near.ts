/** NEAR. */
import type { NearNetwork, NearToken } from './network.ts';

function usdc(address: string): NearToken {
  return { symbol: 'USDC', address, decimals: 6, transfer: { method: 'nep141' } };
}

export const NEAR_NETWORKS: readonly NearNetwork[] = [
  {
    family: 'near',
    name: 'near',
    caip2: 'near:mainnet',
    aliases: ['near-mainnet'],
    testnet: false,
    label: 'NEAR',
    env: 'NEAR',
    publicRpc: ['https://rpc.mainnet.near.org'],
    explorer: { transaction: 'https://nearblocks.io/txns/{hash}', address: 'https://nearblocks.io/address/{address}' },
    blockMs: 600,
    // `final`: two blocks on top, about a second later.
    confirmation: 'safe',
    native: 'NEAR',
    tokens: [usdc('17208628f84f5d6ad33f0da3bbbeb27ffcb398eac501a31bd6ad2011e36133a1')],
  },
  {
    family: 'near',
    name: 'near-testnet',
    caip2: 'near:testnet',
    aliases: [],
    testnet: true,
    label: 'NEAR Testnet',
    env: 'NEAR_TESTNET',
    publicRpc: ['https://rpc.testnet.near.org'],
    explorer: {
      transaction: 'https://testnet.nearblocks.io/txns/{hash}',
      address: 'https://testnet.nearblocks.io/address/{address}',
    },
    blockMs: 600,
    // As on the main network.
    confirmation: 'safe',
    native: 'NEAR',
    tokens: [usdc('3e2210e1184b45b64c8a434c0a7e7b23cc04ea7eb7a6c3c32520d03d4afcb8af')],
  },
];
