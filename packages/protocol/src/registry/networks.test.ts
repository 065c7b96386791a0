import { describe, expect, it } from 'vitest';
import { evmNetwork, usdc } from './evm.ts';
import { createNetworks } from './networks.ts';

const networks = createNetworks();

const OWN = evmNetwork({
  name: 'scroll',
  chainId: 534352,
  aliases: ['scroll-mainnet'],
  testnet: false,
  label: 'Scroll',
  publicRpc: ['https://rpc.scroll.io'],
  explorer: undefined,
  blockMs: 3000,
  confirmation: 'included',
  native: 'ETH',
  tokens: [usdc('0x06eFdBFf2a14a7c8E15944D1F4A48F9F95F663A4', 'USD Coin')],
});

describe('resolve', () => {
  it('takes names and aliases in any case', () => {
    expect(networks.resolve('Base-Sepolia')?.name).toBe('base-sepolia');
    expect(networks.resolve('FUJI')?.name).toBe('avalanche-fuji');
  });

  it.each([
    ['a reference in another case', 'solana:5EYKT4USFV8P8NJDTREPY1VZQKQZKVDP'],
    ['a namespace in another case', 'EIP155:8453'],
    ['a padded id', 'eip155:08453'],
    ['white space', ' base'],
    ['an unknown chain', 'eip155:31337'],
    ['nothing', ''],
    ['a key of every object', 'constructor'],
    ['the prototype', '__proto__'],
  ])('knows nothing by %s', (_, spelling) => {
    expect(networks.resolve(spelling)).toBeUndefined();
  });
});

describe('token', () => {
  it('finds EVM addresses in any case and others only in their own', () => {
    const base = networks.resolve('base');
    const solana = networks.resolve('solana');
    if (!base || !solana) throw new Error('unreachable');
    expect(networks.token(base, '0X833589FCD6EDB6E08F4C7C32D4F71B54BDA02913')?.symbol).toBe('USDC');
    expect(networks.token(base, '0x036CbD53842c5426634e7929541eC2318f3dCF7e')).toBeUndefined();
    expect(networks.token(solana, 'EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v')?.symbol).toBe('USDC');
    expect(networks.token(solana, 'epjfwdd5aufqssqem2qn1xzybapc8g4wegkzwytdt1v')).toBeUndefined();
  });
});

describe('createNetworks', () => {
  it('adds an own network under all its spellings', () => {
    const extended = createNetworks([OWN]);
    expect(extended.all()).toHaveLength(30);
    for (const spelling of ['scroll', 'eip155:534352', 'Scroll-Mainnet']) {
      expect(extended.resolve(spelling)).toBe(OWN);
    }
    expect(networks.resolve('scroll')).toBeUndefined();
  });

  it('puts an own entry in the place of the known one with its id', () => {
    const own = evmNetwork({ ...OWN, chainId: 8453, name: 'base', aliases: [] });
    const extended = createNetworks([own]);
    expect(extended.all()).toHaveLength(29);
    expect(extended.resolve('base')).toBe(own);
  });

  it('refuses entries that claim one spelling', () => {
    expect(() => createNetworks([{ ...OWN, aliases: ['Fuji'] }])).toThrow('avalanche-fuji and scroll both claim fuji');
    expect(() => createNetworks([OWN, OWN])).toThrow('both claim eip155:534352');
  });
});
