/** Stellar. Its USDC has 7 decimals, not 6. */
import type { StellarNetwork, StellarToken } from './network.ts';

function usdc(address: string): StellarToken {
  return { symbol: 'USDC', address, decimals: 7, transfer: { method: 'sep41' } };
}

export const STELLAR_NETWORKS: readonly StellarNetwork[] = [
  {
    family: 'stellar',
    name: 'stellar',
    caip2: 'stellar:pubnet',
    aliases: ['stellar-mainnet', 'stellar:mainnet'],
    testnet: false,
    label: 'Stellar',
    env: 'STELLAR',
    publicRpc: ['https://soroban-rpc.mainnet.stellar.gateway.fm'],
    explorer: {
      transaction: 'https://stellar.expert/explorer/public/tx/{hash}',
      address: 'https://stellar.expert/explorer/public/account/{address}',
    },
    blockMs: 5000,
    // A closed ledger is final.
    confirmation: 'included',
    native: 'XLM',
    tokens: [usdc('CCW67TSZV3SSS2HXMBQ5JFGCKJNXKZM7UQUWUZPUTHXSTZLEO7SJMI75')],
  },
  {
    family: 'stellar',
    name: 'stellar-testnet',
    caip2: 'stellar:testnet',
    aliases: [],
    testnet: true,
    label: 'Stellar Testnet',
    env: 'STELLAR_TESTNET',
    publicRpc: ['https://soroban-testnet.stellar.org'],
    explorer: {
      transaction: 'https://stellar.expert/explorer/testnet/tx/{hash}',
      address: 'https://stellar.expert/explorer/testnet/account/{address}',
    },
    blockMs: 5000,
    // A closed ledger is final.
    confirmation: 'included',
    native: 'XLM',
    tokens: [usdc('CBIELTK6YBZJU5UP2WWQEUCYKLPU6AUNZ2BQ4WWFEIE3USCIHMXQDAMA')],
  },
];
