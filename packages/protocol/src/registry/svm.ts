/** Solana and Fogo. */
import type { SvmNetwork, SvmToken } from './network.ts';

function usdc(address: string): SvmToken {
  return { symbol: 'USDC', address, decimals: 6, transfer: { method: 'spl', program: 'token' } };
}

export const SVM_NETWORKS: readonly SvmNetwork[] = [
  {
    family: 'svm',
    name: 'solana',
    caip2: 'solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp',
    aliases: ['solana-mainnet', 'solana:mainnet'],
    testnet: false,
    label: 'Solana',
    env: 'SOLANA',
    publicRpc: ['https://api.mainnet-beta.solana.com'],
    explorer: { transaction: 'https://solscan.io/tx/{hash}', address: 'https://solscan.io/account/{address}' },
    blockMs: 400,
    // `confirmed`: two thirds of the stake voted for it; a processed block alone is often skipped.
    confirmation: 'safe',
    native: 'SOL',
    tokens: [
      usdc('EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v'),
      {
        symbol: 'AUSD',
        address: 'AUSD1jCcCyPLybk1YnvPWsHQSrZ46dxwoMniN4N2UEB9',
        decimals: 6,
        transfer: { method: 'spl', program: 'token-2022' },
      },
    ],
  },
  {
    family: 'svm',
    name: 'solana-devnet',
    caip2: 'solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1',
    aliases: ['solana:devnet'],
    testnet: true,
    label: 'Solana Devnet',
    env: 'SOLANA_DEVNET',
    publicRpc: ['https://api.devnet.solana.com'],
    explorer: {
      transaction: 'https://solscan.io/tx/{hash}?cluster=devnet',
      address: 'https://solscan.io/account/{address}?cluster=devnet',
    },
    blockMs: 400,
    // As on the main network: a processed block is often skipped.
    confirmation: 'safe',
    native: 'SOL',
    tokens: [usdc('4zMMC9srt5Ri5X14GAgXhaHii3GnPAEERYPJgZJDncDU')],
  },
  {
    family: 'svm',
    name: 'fogo',
    caip2: 'fogo:mainnet',
    aliases: ['fogo-mainnet', 'svm:fogo'],
    testnet: false,
    label: 'Fogo',
    env: 'FOGO',
    publicRpc: ['https://rpc.fogo.nightly.app'],
    explorer: { transaction: 'https://fogoscan.com/tx/{hash}', address: 'https://fogoscan.com/account/{address}' },
    blockMs: 40,
    // Solana's rules with faster blocks.
    confirmation: 'safe',
    native: 'FOGO',
    tokens: [usdc('uSd2czE61Evaf76RNbq4KPpXnkiL3irdzgLFUMe3NoG')],
  },
  {
    family: 'svm',
    name: 'fogo-testnet',
    caip2: 'fogo:testnet',
    aliases: ['svm:fogo-testnet'],
    testnet: true,
    label: 'Fogo Testnet',
    env: 'FOGO_TESTNET',
    publicRpc: ['https://testnet.fogo.io'],
    explorer: {
      transaction: 'https://fogoscan.com/tx/{hash}?cluster=testnet',
      address: 'https://fogoscan.com/account/{address}?cluster=testnet',
    },
    blockMs: 40,
    // Solana's rules with faster blocks.
    confirmation: 'safe',
    native: 'FOGO',
    tokens: [usdc('ELNbJ1RtERV2fjtuZjbTscDekWhVzkQ1LjmiPsxp5uND')],
  },
];
