import { DEFAULT_ASSETS } from '@x402/evm';
import { EVM_NETWORK_CHAIN_ID_MAP } from '@x402/evm/v1';
import { CAIP2_IDENTIFIERS, getChainByName } from 'uvd-x402-sdk';
import { domainSeparator, getAddress } from 'viem';
import * as chains from 'viem/chains';
import { describe, expect, it } from 'vitest';
import { EvmNetworkToChainId, SvmNetworkToChainId } from 'x402/types';
import { addressPage, type EvmNetwork, type EvmToken, type Network, transactionPage } from './network.ts';
import { addressKey, createNetworks } from './networks.ts';

const networks = createNetworks();
const all = networks.all();
const evm = all.filter((network) => network.family === 'evm');

const NAMES = [
  ...['base', 'base-sepolia', 'avalanche', 'avalanche-fuji', 'celo', 'celo-sepolia', 'hyperevm', 'hyperevm-testnet'],
  ...['polygon', 'polygon-amoy', 'optimism', 'optimism-sepolia', 'sei', 'sei-testnet', 'xdc', 'ethereum'],
  ...['ethereum-sepolia', 'arbitrum', 'arbitrum-sepolia', 'unichain', 'unichain-sepolia'],
  ...['solana', 'solana-devnet', 'fogo', 'fogo-testnet', 'near', 'near-testnet', 'stellar', 'stellar-testnet'],
];

/** Read from contracts or computed elsewhere, by network and symbol. */
const SEPARATORS: readonly (readonly [network: string, symbol: string, separator: string])[] = [
  ['base', 'USDC', '0x02fa7265e7c5d81118673727957699e4d68f74cd74b7db77da710fe8a2c7834f'],
  ['base-sepolia', 'USDC', '0x71f17a3b2ff373b803d70a5a07c046c1a2bc8e89c09ef722fcb047abe94c9818'],
  ['avalanche', 'USDC', '0xbbea200329a938bc3438984a49cb0732e66d66d7bd59c127abacc1710e77f7b3'],
  ['avalanche-fuji', 'USDC', '0xfe9fa105a0e9629446730e544caa6b8d05d8d4fc93451750dc50e2ddd6d374b3'],
  ['polygon', 'USDC', '0xcaa2ce1a5703ccbe253a34eb3166df60a705c561b44b192061e28f2a985be2ca'],
  ['polygon-amoy', 'USDC', '0x5cddc98319864e897e4469bd1d13c2288c677047b54b8cca12bd342adb6be9eb'],
  ['optimism', 'USDC', '0x26d9c34bb1a1c312f69c53b2d93b8be20faafba63af2438c6811713c9b1f933f'],
  ['optimism-sepolia', 'USDC', '0x09d038a3e46040fc37eb01174dbbcdb7981fbd8eafd9e1a857b1c67805dfb29e'],
  ['celo', 'USDC', '0xb2ce31d2838445fa765a491f550e7c78ac7280ab0f3bc9d6063a86df9c3fb578'],
  ['hyperevm', 'USDC', '0x70a72998ad787d1a9152a8f88ccfe0766b1cb293b6b4011b34523035da10b0a3'],
  ['sei', 'USDC', '0x0a19136106ae98d2c245cbbd451f3cb2bbbb1670e1ee191abacb5a5e255c0255'],
  ['sei-testnet', 'USDC', '0x154bb5980ce1d584a1067dc67730720e6046d0364a2ade0b692dd488e71fe653'],
  ['xdc', 'USDC.e', '0x46c297b0d2c0e448ee065de012798730833c077a305bc6a5d7fe37aeceb86e81'],
  ['ethereum', 'USDC', '0x06c37168a7db5138defc7866392bb87a741f9b3d104deb5094588ce041cae335'],
  ['ethereum-sepolia', 'USDC', '0xb90e5057db141a932946e64d09ccb7ffc9b00bd79fec26f698d29af0c83320a6'],
  ['arbitrum', 'USDC', '0x08d11903f8419e68b1b8721bcbe2e9fc68569122a77ef18c216f10b3b5112c78'],
  ['arbitrum-sepolia', 'USDC', '0x85944e1292d007732838d6eadfa67589b78ffcededbd4df60488d0af251308bb'],
  ['unichain', 'USDC', '0x565b4c4095d739dada6adeb9a89bc6dc4d102500ebd4a88bef1ec1d0f69d83b8'],
  ['unichain-sepolia', 'USDC', '0x2a1fda83efdd0b06cf1a15e7ee9aa85aa7a1612ae5af0c599ecc6609e6afafa1'],
  ['avalanche-fuji', 'GLUE', '0xc536b159d4002c0f707b67357db52990aabd3392b6e32c1f8e37d5651a1ccf45'],
  ['base-sepolia', 'GLUE', '0x3378cbbce665cc9fbe0df8650f531a186447734a29f7ac99f4035b43d5382575'],
];

function evmByName(name: string): EvmNetwork {
  const network = networks.resolve(name);
  if (network?.family !== 'evm') throw new Error(`${name} is not an EVM network`);
  return network;
}

function tokenOf(network: EvmNetwork, symbol: string): EvmToken {
  const token = network.tokens.find((each) => each.symbol === symbol);
  if (token === undefined) throw new Error(`${network.name} has no ${symbol}`);
  return token;
}

describe('the networks', () => {
  it('are exactly these 29', () => {
    expect(NAMES).toHaveLength(29);
    expect(all.map(({ name }) => name).sort()).toEqual([...NAMES].sort());
  });

  it.each(all)('$name is found by both its spellings and every alias', (network) => {
    for (const spelling of [network.name, network.caip2, ...network.aliases, network.name.toUpperCase()]) {
      expect(networks.resolve(spelling)).toBe(network);
    }
  });

  it.each(all)('$name is complete', (network) => {
    expect(network.env).toBe(network.name.toUpperCase().replaceAll('-', '_'));
    expect(network.testnet).toBe(/sepolia|fuji|testnet|amoy|devnet/.test(network.name));
    expect(network.publicRpc.length).toBeGreaterThan(0);
    for (const address of network.publicRpc) expect(new URL(address).protocol).toBe('https:');
    expect(network.tokens.length).toBeGreaterThan(0);
    expect(network.tokens[0]?.symbol).toMatch(/^USDC/);
    expect(new Set(network.tokens.map(({ address }) => addressKey(network, address))).size).toBe(network.tokens.length);
    expect(new Set(network.tokens.map(({ symbol }) => symbol)).size).toBe(network.tokens.length);
    for (const { decimals } of network.tokens) expect(decimals).toBe(network.family === 'stellar' ? 7 : 6);
  });

  it('have the CAIP-2 ids that are easily got wrong', () => {
    expect(networks.resolve('hyperevm')?.caip2).toBe('eip155:999');
    expect(networks.resolve('hyperevm-testnet')?.caip2).toBe('eip155:998');
    expect(networks.resolve('celo-sepolia')?.caip2).toBe('eip155:11142220');
    expect(networks.resolve('eip155:44787')).toBeUndefined();
    expect(networks.resolve('sepolia')?.name).toBe('ethereum-sepolia');
    expect(networks.resolve('svm:fogo')?.name).toBe('fogo');
    expect(networks.resolve('stellar:pubnet')?.name).toBe('stellar');
    expect(networks.resolve('near:mainnet')?.name).toBe('near');
  });

  it('use the v1 names and ids of the SDKs wherever those know the network', () => {
    const named = [...EvmNetworkToChainId, ...Object.entries(EVM_NETWORK_CHAIN_ID_MAP)].filter(([name]) =>
      networks.resolve(name),
    );
    expect(named.length).toBeGreaterThan(15);
    for (const [name, chainId] of named) expect(evmByName(name).chainId).toBe(chainId);
    expect([...SvmNetworkToChainId.keys()].filter((name) => networks.resolve(name)?.family !== 'svm')).toEqual([]);
    const known = Object.entries(CAIP2_IDENTIFIERS).filter(([name]) => NAMES.includes(name));
    expect(known).toHaveLength(13);
    for (const [name, caip2] of known) expect(networks.resolve(caip2)).toBe(networks.resolve(name));
  });

  it.each(evm)('$name agrees with viem about the chain', (network) => {
    const chain = Object.values(chains).find(({ id }) => id === network.chainId);
    expect(chain?.testnet ?? false).toBe(network.testnet);
    expect(network.native).toBe(chain?.nativeCurrency.symbol.replace(/^S-/, ''));
    const { multicall3 } = (chain?.contracts ?? {}) as { multicall3?: { address: `0x${string}` } };
    if (multicall3) expect(network.multicall3).toBe(getAddress(multicall3.address));
    else expect(network.name).toBe('hyperevm-testnet');
  });
});

describe('the tokens', () => {
  it.each(evm)('$name writes addresses with their checksum', ({ tokens, multicall3 }) => {
    for (const address of [multicall3, ...tokens.map((token) => token.address)]) {
      expect(address).toBe(getAddress(address));
    }
  });

  it('never share an address between a main and a test network', () => {
    const addresses = (testnet: boolean) =>
      all.flatMap((network) =>
        network.testnet === testnet ? network.tokens.map(({ address }) => addressKey(network, address)) : [],
      );
    const main = new Set(addresses(false));
    expect(addresses(true).filter((address) => main.has(address))).toEqual([]);
  });

  it.each(SEPARATORS)('%s %s has its golden domain separator', (name, symbol, separator) => {
    const network = evmByName(name);
    const { address, domain } = tokenOf(network, symbol);
    const computed = domainSeparator({ domain: { ...domain, chainId: network.chainId, verifyingContract: address } });
    expect(computed).toBe(separator);
  });

  it('have a golden separator where they claim a verified domain and are the network’s first', () => {
    const golden = new Set(SEPARATORS.map(([name, symbol]) => `${name} ${symbol}`));
    const missing = evm
      .filter(({ name, tokens }) => tokens[0]?.domainVerified && !golden.has(`${name} ${tokens[0].symbol}`))
      .map(({ name }) => name);
    expect(missing).toEqual([]);
  });

  it('leave to the contract what nobody has compared with it', () => {
    const open = evm.flatMap(({ name, tokens }) =>
      tokens.filter(({ domainVerified }) => !domainVerified).map(({ symbol }) => `${name} ${symbol}`),
    );
    expect(open.sort()).toEqual([
      'arbitrum AUSD',
      'arbitrum-sepolia USDC',
      'avalanche AUSD',
      'avalanche EURC',
      'base-sepolia GLUE',
      'celo USAT',
      'celo-sepolia USDC',
      'ethereum AUSD',
      'hyperevm-testnet USDC',
      'polygon AUSD',
      'xdc USDC',
    ]);
  });

  it('include every EIP-3009 default of @x402/evm on these networks, with its domain', () => {
    let compared = 0;
    for (const [caip2, assets] of Object.entries(DEFAULT_ASSETS)) {
      const network = networks.resolve(caip2);
      if (network === undefined) continue;
      for (const { asset, name, version, decimals, symbol, assetTransferMethod } of assets) {
        if (assetTransferMethod === 'permit2') continue;
        expect(networks.token(network, asset)).toMatchObject({ decimals, symbol, domain: { name, version } });
        compared += 1;
      }
    }
    expect(compared).toBeGreaterThan(12);
  });

  it('have the addresses that uvd-x402-sdk pays in', () => {
    for (const name of NAMES) {
      const chain = getChainByName(name);
      const network = networks.resolve(name);
      if (chain === undefined || network === undefined || network.family !== 'evm') continue;
      for (const token of Object.values(chain.tokens ?? {})) {
        expect(networks.token(network, token.address)).toMatchObject({ decimals: token.decimals });
      }
    }
  });

  it('know which have no overload for bytes signatures', () => {
    const listed = (wanted: (token: EvmToken) => boolean) =>
      evm.flatMap(({ name, tokens }) => tokens.filter(wanted).map(({ symbol }) => `${name} ${symbol}`)).sort();
    expect(listed(({ transfer }) => transfer.overloads === 'vrs')).toEqual([
      'avalanche-fuji GLUE',
      'base-sepolia GLUE',
      'ethereum PYUSD',
    ]);
  });

  it('spell USDT0’s domain with the tugrik sign', () => {
    for (const name of ['arbitrum', 'optimism']) {
      expect(tokenOf(evmByName(name), 'USDT0').domain?.name.codePointAt(3)).toBe(0x20ae);
    }
  });
});

describe('explorer pages', () => {
  const page = (name: string, hash: string) => transactionPage(networks.resolve(name) as Network, hash);

  it('name the transaction and the account', () => {
    expect(page('base', '0xabc')).toBe('https://basescan.org/tx/0xabc');
    expect(page('solana-devnet', '5x')).toBe('https://solscan.io/tx/5x?cluster=devnet');
    expect(addressPage(networks.resolve('near') as Network, 'shop.near')).toBe(
      'https://nearblocks.io/address/shop.near',
    );
  });

  it('take nothing from what is looked up', () => {
    expect(page('base', '$&/../?x=#')).toBe('https://basescan.org/tx/%24%26%2F..%2F%3Fx%3D%23');
  });

  it('exist for every network, with one place for each', () => {
    for (const network of all) {
      expect(network.explorer?.transaction.split('{hash}')).toHaveLength(2);
      expect(network.explorer?.address.split('{address}')).toHaveLength(2);
    }
  });

  it('are absent where there is no explorer', () => {
    const network: Network = { ...evmByName('base'), explorer: undefined };
    expect(transactionPage(network, '0x')).toBeUndefined();
    expect(addressPage(network, '0x')).toBeUndefined();
  });
});
