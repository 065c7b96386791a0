/** EVM main networks. */
import { AUSD, etherscan, evmNetwork, fiatToken, splitSignatureOnly, unverified, usdc } from './evm.ts';
import type { EvmNetwork } from './network.ts';

export const EVM_MAINNETS: readonly EvmNetwork[] = [
  evmNetwork({
    name: 'base',
    chainId: 8453,
    aliases: ['base-mainnet'],
    testnet: false,
    label: 'Base',
    publicRpc: ['https://mainnet.base.org'],
    explorer: etherscan('https://basescan.org'),
    blockMs: 2000,
    // One sequencer orders the blocks; it has not taken one back.
    confirmation: 'included',
    native: 'ETH',
    tokens: [
      usdc('0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913', 'USD Coin'),
      // Not "Euro Coin" as elsewhere.
      fiatToken('EURC', '0x60a3E35Cc302bFA44Cb288Bc5a4F316Fdb1adb42', 'EURC'),
    ],
  }),
  evmNetwork({
    name: 'avalanche',
    chainId: 43114,
    aliases: ['avalanche-mainnet'],
    testnet: false,
    label: 'Avalanche C-Chain',
    publicRpc: ['https://api.avax.network/ext/bc/C/rpc', 'https://avalanche-c-chain-rpc.publicnode.com'],
    explorer: etherscan('https://snowtrace.io'),
    blockMs: 1700,
    // Snowman accepts a block for good before a node shows it.
    confirmation: 'included',
    native: 'AVAX',
    tokens: [
      usdc('0xB97EF9Ef8734C71904D8002F8b6Bc66Dd9c48a6E', 'USD Coin'),
      // Clients in use sign for "EURC".
      unverified(fiatToken('EURC', '0xC891EB4cbdEFf6e073e859e987815Ed1505c2ACD', 'Euro Coin')),
      AUSD,
    ],
  }),
  evmNetwork({
    name: 'celo',
    chainId: 42220,
    aliases: ['celo-mainnet'],
    testnet: false,
    label: 'Celo',
    publicRpc: ['https://forno.celo.org', 'https://celo-rpc.quickapi.com'],
    explorer: etherscan('https://celoscan.io'),
    blockMs: 1000,
    // A rollup with one sequencer, like Base.
    confirmation: 'included',
    native: 'CELO',
    tokens: [
      usdc('0xcebA9300f2b948710d2653dD7B07f33A8B32118C', 'USDC'),
      fiatToken('USDT', '0x48065fbBE25f71C9282ddf5e1cD6D6A887483D5e', 'Tether USD', '1'),
      unverified(fiatToken('USAT', '0xD2ab3C9A02DBBAB236BfEC45D1d755DF4267F771', 'Tether America USD', '1')),
    ],
  }),
  evmNetwork({
    name: 'hyperevm',
    chainId: 999,
    aliases: ['hyperevm-mainnet'],
    testnet: false,
    label: 'HyperEVM',
    publicRpc: ['https://rpc.hyperliquid.xyz/evm', 'https://rpc.hyperevm.com'],
    explorer: etherscan('https://hyperevmscan.io'),
    blockMs: 1000,
    // HyperBFT: a block that exists is final.
    confirmation: 'included',
    native: 'HYPE',
    tokens: [usdc('0xb88339CB7199b77E23DB6E890353E22632Ba630f', 'USDC')],
  }),
  evmNetwork({
    name: 'polygon',
    chainId: 137,
    aliases: ['polygon-mainnet'],
    testnet: false,
    label: 'Polygon',
    publicRpc: ['https://polygon-rpc.com', 'https://polygon.drpc.org'],
    explorer: etherscan('https://polygonscan.com'),
    blockMs: 2000,
    // Short reorganisations happened often before blocks had one producer; three blocks outlive those.
    confirmation: { blocks: 3 },
    native: 'POL',
    tokens: [usdc('0x3c499c542cEF5E3811e1192ce70d8cC03d5c3359', 'USD Coin'), AUSD],
  }),
  evmNetwork({
    name: 'optimism',
    chainId: 10,
    aliases: ['optimism-mainnet'],
    testnet: false,
    label: 'OP Mainnet',
    publicRpc: ['https://mainnet.optimism.io', 'https://public-op-mainnet.fastnode.io'],
    explorer: etherscan('https://optimistic.etherscan.io'),
    blockMs: 2000,
    // One sequencer, as on Base.
    confirmation: 'included',
    native: 'ETH',
    tokens: [
      usdc('0x0b2C639c533813f4Aa9D7837CAf62653d097Ff85', 'USD Coin'),
      // The third letter of the name is U+20AE.
      fiatToken('USDT0', '0x01bFF41798a0BcF287b996046Ca68b395DbC1071', 'USD\u20AE0', '1'),
    ],
  }),
  evmNetwork({
    name: 'sei',
    chainId: 1329,
    aliases: ['sei-mainnet'],
    testnet: false,
    label: 'Sei',
    publicRpc: ['https://evm-rpc.sei-apis.com'],
    explorer: etherscan('https://seiscan.io'),
    blockMs: 400,
    // CometBFT: a block that exists is final.
    confirmation: 'included',
    native: 'SEI',
    tokens: [usdc('0xe15fC38F6D8c56aF07bbCBe3BAf5708A2Bf42392', 'USDC')],
  }),
  evmNetwork({
    name: 'xdc',
    chainId: 50,
    aliases: ['xdc-mainnet'],
    testnet: false,
    label: 'XDC Network',
    publicRpc: ['https://rpc.xinfin.network', 'https://rpc.xdcrpc.com'],
    explorer: etherscan('https://xdcscan.com'),
    blockMs: 2000,
    // XDPoS 2.0 finalises a block when the third in a row has its certificate.
    confirmation: { blocks: 3 },
    fees: 'legacy',
    // The usual address has no contract here.
    multicall3: '0x0B1795ccA8E4eC4df02346a082df54D437F8D9aF',
    native: 'XDC',
    tokens: [
      fiatToken('USDC.e', '0x2A8E898b6242355c290E1f4Fc966b8788729A4D4', 'Bridged USDC(XDC)'),
      unverified(usdc('0xfA2958CB79b0491CC627c1557F441eF849Ca8eb1', 'USDC')),
    ],
  }),
  evmNetwork({
    name: 'ethereum',
    chainId: 1,
    aliases: ['ethereum-mainnet'],
    testnet: false,
    label: 'Ethereum',
    publicRpc: ['https://ethereum-rpc.publicnode.com'],
    explorer: etherscan('https://etherscan.io'),
    blockMs: 12000,
    // Blocks one deep are replaced now and then, two deep hardly ever; `safe` would take minutes.
    confirmation: { blocks: 2 },
    native: 'ETH',
    tokens: [
      usdc('0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48', 'USD Coin'),
      fiatToken('EURC', '0x1aBaEA1f7C830bD89Acc67eC4af516284b1bC33c', 'Euro Coin'),
      AUSD,
      // A nonce used twice does not revert here: the call succeeds and moves nothing.
      splitSignatureOnly(fiatToken('PYUSD', '0x6c3ea9036406852006290770BEdFcAbA0e23A0e8', 'PayPal USD', '1')),
    ],
  }),
  evmNetwork({
    name: 'arbitrum',
    chainId: 42161,
    aliases: ['arbitrum-one', 'arbitrum-mainnet'],
    testnet: false,
    label: 'Arbitrum One',
    publicRpc: ['https://arb1.arbitrum.io/rpc', 'https://public-arb-mainnet.fastnode.io'],
    explorer: etherscan('https://arbiscan.io'),
    blockMs: 250,
    // One sequencer, first come first served.
    confirmation: 'included',
    native: 'ETH',
    tokens: [
      usdc('0xaf88d065e77c8cC2239327C5EDb3A432268e5831', 'USD Coin'),
      AUSD,
      // The third letter of the name is U+20AE.
      fiatToken('USDT0', '0xFd086bC7CD5C481DCC9C85ebE478A1C0b69FCbb9', 'USD\u20AE0', '1'),
    ],
  }),
  evmNetwork({
    name: 'unichain',
    chainId: 130,
    aliases: ['unichain-mainnet'],
    testnet: false,
    label: 'Unichain',
    publicRpc: ['https://unichain-rpc.publicnode.com', 'https://mainnet.unichain.org'],
    explorer: etherscan('https://uniscan.xyz'),
    blockMs: 1000,
    // One sequencer, as on Base.
    confirmation: 'included',
    native: 'ETH',
    tokens: [usdc('0x078D782b760474a361dDA0AF3839290b0EF57AD6', 'USDC')],
  }),
];
