/** docs/adding-a-network.md is followed to the letter: its file, its variables, `check`, and a payment on each own token. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseEnv } from 'node:util';
import { readConfig, startFacilitator } from '@facilitator/app';
import {
  type Anvil,
  BASE_SEPOLIA_GLUE,
  BASE_SEPOLIA_USDC,
  balanceOf,
  fund,
  newWallet,
  paymentRequestV1,
  paymentRequestV2,
  putMulticall3,
  putToken,
  signAuthorization,
  startAnvil,
  type TokenFixture,
} from '@facilitator/testing';
import { getAddress } from 'viem';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { post } from '../stage/ask.ts';
import { fences, read, rows, section, titled, urlOf } from './markdown.ts';

const text = read('docs/adding-a-network.md');
const file = titled(text, 'facilitator.json');
const stated = parseEnv(titled(text, 'my.env'));
const said = fences(text).find(({ info }) => info === 'text')?.text ?? '';

const MYUSD: TokenFixture = {
  kind: 'FiatToken',
  address: '0x5dF5df5Df5dF5Df5dF5Df5df5Df5DF5Df5dF5df5',
  name: 'My Dollar',
  version: '1',
  symbol: 'MYUSD',
  decimals: 6,
};
const OWN: TokenFixture = {
  kind: 'FiatToken',
  address: getAddress(`${stated['OWN_TOKEN']}`),
  name: 'Own Token',
  version: '1',
  symbol: 'OWN',
  decimals: 18,
};

const [payer, payee, signer] = [newWallet(), newWallet(), newWallet()];
let mine: Anvil;
let sepolia: Anvil;
let env: Record<string, string | undefined>;
beforeAll(async () => {
  [mine, sepolia] = (await Promise.all([31415, 84532].map((chainId) => startAnvil({ chainId, wallets: 0 })))) as [
    Anvil,
    Anvil,
  ];
  await Promise.all(
    [mine, sepolia].flatMap((chain) => [putMulticall3(chain), chain.setBalance(signer.address, 10n ** 19n)]),
  );
  const placed = [
    [mine, MYUSD],
    [sepolia, OWN],
    [sepolia, BASE_SEPOLIA_USDC],
    [sepolia, BASE_SEPOLIA_GLUE],
  ] as const;
  await Promise.all(placed.map(([chain, token]) => putToken(chain, token)));
  await Promise.all([fund(mine, MYUSD, payer.address, 1_000n), fund(sepolia, OWN, payer.address, 1_000n)]);
  env = {
    ...stated,
    RPC_URL_MY_CHAIN: mine.url,
    RPC_URL_BASE_SEPOLIA: sepolia.url,
    EVM_PRIVATE_KEY_TESTNET: signer.privateKey,
  };
});
afterAll(() => Promise.all([mine?.stop(), sepolia?.stop()]));

it('check says what the document shows', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'facilitator-docs-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'facilitator.json'), file);
  writeFileSync(
    join(folder, 'my.env'),
    Object.entries(env)
      .map((pair) => pair.join('='))
      .join('\n'),
  );
  const main = fileURLToPath(urlOf('apps/facilitator/src/main.ts'));
  const child = spawn(process.execPath, [main, 'check', '--env', 'my.env'], {
    cwd: folder,
    env: { PATH: process.env['PATH'] ?? '' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk;
  });
  expect(await once(child, 'close')).toEqual([0, null]);
  const plain = (words: string) => words.replaceAll(signer.address, '<address>').replaceAll(/ {2,}/g, '  ').trim();
  expect(plain(output)).toBe(plain(said));
});

it('each own token is paid with, under every spelling', async () => {
  const reading = readConfig({ ...env, JOURNAL_URL: ':memory:' }, file);
  if (reading.status !== 'config') throw new Error(JSON.stringify(reading));
  const facilitator = await startFacilitator(reading.config);
  onTestFinished(() => facilitator.close());
  const payments = [
    [mine, MYUSD, 1, 'my-chain'],
    [mine, MYUSD, 1, 'mychain'],
    [mine, MYUSD, 2, 'eip155:31415'],
    [sepolia, OWN, 1, 'base-sepolia'],
    [sepolia, OWN, 2, 'eip155:84532'],
  ] as const;
  for (const [{ chainId }, token, version, network] of payments) {
    const { address: asset, name, version: domainVersion } = token;
    const { privateKey } = payer;
    const payload = await signAuthorization({ privateKey, chainId, token, to: payee.address, value: 10n });
    const extra = { name, version: domainVersion };
    const terms = { network, asset, payTo: payee.address, amount: 10n, payload, extra };
    const request = version === 1 ? paymentRequestV1(terms) : paymentRequestV2(terms);
    const { body } = await post(`${facilitator.url}/settle`, request);
    expect(body).toMatchObject({ success: true, network, payer: payer.address });
  }
  expect(await balanceOf(mine, MYUSD, payee.address)).toBe(30n);
  expect(await balanceOf(sepolia, OWN, payee.address)).toBe(20n);
});

it('every field of the file is described', () => {
  const described = rows(section(text, 'By configuration')).flatMap(([cell = '']) =>
    [...cell.matchAll(/`(\w+)`/g)].flatMap(([, name]) => name ?? []),
  );
  const schema = read('packages/protocol/src/registry/own-schema.ts').replace(/export const OTHER_ENTRY[\s\S]*/, '');
  const fields = [...schema.matchAll(/^ {2}(\w+):/gm)].flatMap(([, name]) => name ?? []);
  const shorthand = ['name', 'confirmation'];
  expect(described.toSorted()).toEqual(
    [...new Set([...fields.filter((name) => name !== 'error'), ...shorthand])].toSorted(),
  );
});
