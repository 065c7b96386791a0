import { describe, expect, it } from 'vitest';
import { extendNetworks } from './extend.ts';
import type { Network } from './network.ts';
import type { Networks } from './networks.ts';

const SCROLL = { name: 'scroll', chainId: 534352, testnet: false };
const TOKEN = { symbol: 'USDC', address: '0x06eFdBFf2a14a7c8E15944D1F4A48F9F95F663A4', decimals: 6 };

function extended(...entries: unknown[]): Networks {
  const result = extendNetworks({ networks: entries });
  if (result.status !== 'networks') throw new Error(JSON.stringify(result.issues));
  return result.networks;
}

function network(networks: Networks, name: string): Network {
  const found = networks.resolve(name);
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
}

describe('an own network', () => {
  it('needs its name, chain id and whether it is a test network', () => {
    expect(network(extended(SCROLL), 'eip155:534352')).toEqual({
      family: 'evm',
      name: 'scroll',
      caip2: 'eip155:534352',
      chainId: 534352,
      aliases: [],
      testnet: false,
      label: 'scroll',
      env: 'SCROLL',
      publicRpc: [],
      explorer: undefined,
      blockMs: 2000,
      confirmation: 'included',
      native: 'ETH',
      fees: 'eip1559',
      multicall3: '0xcA11bde05977b3631167028862bE2a173976CA11',
      tokens: [],
    });
  });

  it('may state everything', () => {
    const entry = {
      ...SCROLL,
      label: 'Scroll',
      aliases: ['scroll-mainnet'],
      publicRpc: ['https://rpc.scroll.io'],
      explorer: 'https://scrollscan.com/',
      blockMs: 3000,
      confirmation: { blocks: 4 },
      native: 'ETH',
      fees: 'legacy',
      multicall3: '0x0B1795ccA8E4eC4df02346a082df54D437F8D9aF',
      tokens: [
        { ...TOKEN, domain: { name: 'USD Coin', version: '2' }, overloads: 'vrs', transferEvent: 'before' },
        { ...TOKEN, symbol: 'X', address: '0x2222222222222222222222222222222222222222' },
      ],
    };
    expect(network(extended(entry), 'scroll-mainnet')).toMatchObject({
      label: 'Scroll',
      publicRpc: ['https://rpc.scroll.io'],
      explorer: {
        transaction: 'https://scrollscan.com/tx/{hash}',
        address: 'https://scrollscan.com/address/{address}',
      },
      blockMs: 3000,
      confirmation: { blocks: 4 },
      fees: 'legacy',
      multicall3: '0x0B1795ccA8E4eC4df02346a082df54D437F8D9aF',
      tokens: [
        {
          ...TOKEN,
          domain: { name: 'USD Coin', version: '2' },
          domainVerified: false,
          transfer: { method: 'eip3009', overloads: 'vrs', transferEvent: 'before' },
        },
        { domainVerified: false, transfer: { method: 'eip3009', overloads: 'both', transferEvent: 'after' } },
      ],
    });
  });
});

describe('a known network', () => {
  it('gets own tokens beside its own', () => {
    const networks = extended({ name: 'base', tokens: [TOKEN] });
    expect(networks.all()).toHaveLength(29);
    expect(network(networks, 'base').tokens.map(({ symbol }) => symbol)).toEqual(['USDC', 'EURC', 'USDC']);
    expect(networks.token(network(networks, 'base'), TOKEN.address)?.decimals).toBe(6);
  });

  it('takes another confirmation policy and keeps the rest', () => {
    const before = network(extended(), 'ethereum');
    const after = network(extended({ name: 'ethereum', confirmation: 'safe' }), 'ethereum');
    expect(after).toEqual({ ...before, confirmation: 'safe' });
  });

  it.each([
    ['solana', { program: 'token-2022' }, { method: 'spl', program: 'token-2022' }],
    ['fogo', {}, { method: 'spl', program: 'token' }],
    ['near', {}, { method: 'nep141' }],
    ['stellar', {}, { method: 'sep41' }],
  ])('%s gets tokens of its family', (name, extra, transfer) => {
    const token = { symbol: 'EURC', address: 'somewhere', decimals: 6 };
    const networks = extended({ name, tokens: [{ ...token, ...extra }] });
    expect(networks.token(network(networks, name), 'somewhere')).toEqual({ ...token, transfer });
  });
});

describe('what does not fit is named', () => {
  const cases: readonly (readonly [string, unknown, readonly (readonly [string, RegExp])[]])[] = [
    ['not an object', [], [['file', /expected object/]]],
    ['an unknown field of the file', { network: [] }, [['file', /"network"/]]],
    ['no name', { networks: [{}] }, [['networks[0].name', /must be a name/]]],
    ['a name with a colon', { networks: [{ name: 'eip155:1' }] }, [['networks[0].name', /lower-case letters/]]],
    ['an unknown field', { networks: [{ ...SCROLL, chainID: 1 }] }, [['networks[0]', /"chainID"/]]],
    [
      'a new network that says too little',
      { networks: [{ name: 'scroll' }] },
      [
        ['networks[0].chainId', /is missing/],
        ['networks[0].testnet', /is missing/],
      ],
    ],
    [
      'another chain id for a known one',
      { networks: [{ name: 'base', chainId: 1 }] },
      [['networks[0].chainId', /8453/]],
    ],
    [
      'a main network as a test one',
      { networks: [{ name: 'base', testnet: true }] },
      [['networks[0].testnet', /false/]],
    ],
    ['the same of Solana', { networks: [{ name: 'solana', testnet: true }] }, [['networks[0].testnet', /false/]]],
    ['fees for Solana', { networks: [{ name: 'solana', fees: 'legacy' }] }, [['networks[0]', /"fees"/]]],
    [
      'the chain id of a known one',
      { networks: [{ ...SCROLL, chainId: 8453 }] },
      [['networks[0]', /eip155:8453, which is base/]],
    ],
    [
      'an alias of a known one',
      { networks: [{ ...SCROLL, aliases: ['fuji'] }] },
      [['networks[0]', /fuji, which is avalanche-fuji/]],
    ],
    [
      'one entry twice',
      { networks: [SCROLL, SCROLL] },
      [
        ['networks[1]', /eip155:534352, which is scroll/],
        ['networks[1]', /claims scroll, which is scroll/],
      ],
    ],
    [
      'a token that is known',
      { networks: [{ name: 'base', tokens: [{ ...TOKEN, address: '0x833589fcd6edb6e08f4c7c32d4f71b54bda02913' }] }] },
      [['networks[0].tokens', /known already/]],
    ],
    [
      'a short address',
      { networks: [{ ...SCROLL, tokens: [{ ...TOKEN, address: '0x12' }] }] },
      [['networks[0].tokens[0].address', /40 hexadecimal/]],
    ],
    [
      'a confirmation nobody knows',
      { networks: [{ ...SCROLL, confirmation: { blocks: 0 } }] },
      [['networks[0].confirmation', /"included", "safe"/]],
    ],
    [
      'an RPC without a protocol',
      { networks: [{ ...SCROLL, publicRpc: ['rpc'] }] },
      [['networks[0].publicRpc[0]', /http/]],
    ],
    [
      'an RPC on a socket',
      { networks: [{ ...SCROLL, publicRpc: ['ws://a'] }] },
      [['networks[0].publicRpc[0]', /http/]],
    ],
  ];

  it.each(cases)('%s', (_, own, faults) => {
    const result = extendNetworks(own);
    expect(result.status).toBe('malformed');
    const issues = result.status === 'malformed' ? result.issues : [];
    expect(issues.map(({ path }) => path)).toEqual(faults.map(([path]) => path));
    for (const [index, [, message]] of faults.entries()) expect(issues[index]?.message).toMatch(message);
  });

  it('an empty file changes nothing', () => {
    expect(extended().all()).toHaveLength(29);
    expect(extendNetworks({}).status).toBe('networks');
  });
});
