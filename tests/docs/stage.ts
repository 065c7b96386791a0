/** The world in which the examples of docs/using.md are carried out: always the same keys, so always the same answers. */
import { readConfig, startFacilitator } from '@facilitator/app';
import {
  BASE_SEPOLIA_GLUE,
  BASE_SEPOLIA_USDC,
  balanceOf,
  freePort,
  fund,
  paymentRequestV2,
  putMulticall3,
  putToken,
  signAuthorization,
  startAnvil,
} from '@facilitator/testing';
import { type Hex, numberToHex } from 'viem';
import { privateKeyToAddress } from 'viem/accounts';
import { read, titled } from './markdown.ts';

const FACILITATOR: Hex = `0x${'fa'.repeat(32)}`;
const BUYER: Hex = `0x${'b0'.repeat(32)}`;
const SELLER: Hex = '0x2222222222222222222222222222222222222222';
const FUJI_USDC: Hex = '0x5425890298aed601595a70AB815c96711a31Bc65';

/** The year 2100: the payment that is printed in the document stays valid. */
const LONG_FROM_NOW = 4_102_444_800n;
const BASE_SEPOLIA = 84_532;
const PRICE = 10_000n;

export type Stage = {
  readonly url: string;
  /** The content of a file that the examples name, each time it is used. */
  file(name: string): Promise<string>;
  /** What the seller has earned, in atomic units of USDC. */
  earned(): Promise<bigint>;
  close(): Promise<void>;
};

export async function openStage(): Promise<Stage> {
  const anvil = await startAnvil({ chainId: BASE_SEPOLIA, wallets: 0 });
  await Promise.all([
    putMulticall3(anvil),
    putToken(anvil, BASE_SEPOLIA_USDC),
    putToken(anvil, BASE_SEPOLIA_GLUE),
    anvil.setBalance(privateKeyToAddress(FACILITATOR), 10n ** 19n),
    fund(anvil, BASE_SEPOLIA_USDC, privateKeyToAddress(BUYER), 10n ** 9n),
  ]);
  const reading = readConfig({
    RPC_URL_BASE_SEPOLIA: anvil.url,
    // Nobody listens there: a network that cannot be reached.
    RPC_URL_AVALANCHE_FUJI: `http://127.0.0.1:${await freePort()}`,
    EVM_PRIVATE_KEY_TESTNET: FACILITATOR,
    JOURNAL_URL: ':memory:',
  });
  if (reading.status !== 'config') throw new Error(JSON.stringify(reading));
  const running = await startFacilitator(reading.config);
  const uses = new Map<string, number>();
  return {
    url: running.url,
    async file(name) {
      const use = (uses.get(name) ?? 0) + 1;
      uses.set(name, use);
      // Its first use meets a chain without blocks, and its second one finds it mined.
      if (name === 'slow.json') await (use === 1 ? anvil.pauseMining() : anvil.resumeMining());
      const make = FILES[name];
      if (make === undefined) throw new Error(`nobody knows ${name}`);
      return make();
    },
    earned: () => balanceOf(anvil, BASE_SEPOLIA_USDC, SELLER),
    async close() {
      await running.close();
      await anvil.stop();
    },
  };
}

/** Files that the document does not print in full, but for the first two. */
const FILES: Readonly<Record<string, () => string | Promise<string>>> = {
  'payment.json': () => titled(read('docs/using.md'), 'payment.json'),
  'payment-v1.json': () => titled(read('docs/using.md'), 'payment-v1.json'),
  'dearer.json': () =>
    titled(read('docs/using.md'), 'payment.json').replaceAll('"amount": "10000"', '"amount": "20000"'),
  'base.json': () => titled(read('docs/using.md'), 'payment.json').replaceAll('eip155:84532', 'eip155:8453'),
  'order-1042.json': () => signed(3n),
  'order-1043.json': () => signed(4n),
  'slow.json': () => signed(5n),
  'quick.json': () => signed(6n),
  'fuji.json': () => signed(7n, 43113, { address: FUJI_USDC, name: 'USD Coin', version: '2' }),
  'large.json': () => JSON.stringify({ padding: 'x'.repeat(70_000) }),
};

async function signed(
  nonce: bigint,
  chainId: number = BASE_SEPOLIA,
  token: Pick<typeof BASE_SEPOLIA_USDC, 'address' | 'name' | 'version'> = BASE_SEPOLIA_USDC,
): Promise<string> {
  const payload = await signAuthorization({
    privateKey: BUYER,
    chainId,
    token,
    to: SELLER,
    value: PRICE,
    validBefore: LONG_FROM_NOW,
    nonce: numberToHex(nonce, { size: 32 }),
  });
  const { address: asset, name, version } = token;
  const terms = { network: `eip155:${chainId}`, asset, payTo: SELLER, amount: PRICE, extra: { name, version } };
  return JSON.stringify(paymentRequestV2({ ...terms, payload }));
}
