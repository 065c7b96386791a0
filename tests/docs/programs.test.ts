/** The programs in docs/examples, which docs/using.md prints, sell and buy as processes of their own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Running } from '@facilitator/app';
import { freePort } from '@facilitator/testing';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { facilitatorFor } from '../stage/facilitator.ts';
import { type NetworkChain, startNetworkChain } from '../stage/network-chain.ts';

const SELLER = '0x2222222222222222222222222222222222222222';
const REPORT = '200 {"report":"All is well."}\n';

const PROGRAMS = {
  'seller-express': import.meta.resolve('../../docs/examples/seller-express.ts'),
  'seller-hono': import.meta.resolve('../../docs/examples/seller-hono.ts'),
  'seller-express-v1': import.meta.resolve('../../docs/examples/seller-express-v1.ts'),
  'seller-uvd': import.meta.resolve('../../docs/examples/seller-uvd.ts'),
  'buyer-fetch': import.meta.resolve('../../docs/examples/buyer-fetch.ts'),
  'buyer-uvd': import.meta.resolve('../../docs/examples/buyer-uvd.ts'),
} as const;

let sepolia: NetworkChain;
let base: NetworkChain;
let facilitator: Running;
beforeAll(async () => {
  [sepolia, base] = await Promise.all([startNetworkChain('base-sepolia'), startNetworkChain('base')]);
  facilitator = await facilitatorFor([sepolia, base]);
});
afterAll(async () => {
  await facilitator?.close();
  await Promise.all([sepolia?.stop(), base?.stop()]);
});

/** Starts a program; it is ended with the test if it runs that long. */
function start(name: keyof typeof PROGRAMS, env: Readonly<Record<string, string>>) {
  const program = spawn(process.execPath, [fileURLToPath(PROGRAMS[name])], {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let complaint = '';
  program.stderr.on('data', (text: Buffer) => {
    complaint += text;
  });
  const ended = once(program, 'close');
  onTestFinished(async () => {
    program.kill('SIGKILL');
    await ended;
  });
  const said = Promise.withResolvers<string>();
  program.stdout.once('data', (text: Buffer) => said.resolve(`${text}`));
  void ended.then(() => said.reject(new Error(`${name} said nothing: ${complaint}`)));
  return said.promise;
}

it.each([
  ['seller-express', 'buyer-fetch', 'base-sepolia'],
  ['seller-hono', 'buyer-fetch', 'base-sepolia'],
  ['seller-express-v1', 'buyer-fetch', 'base-sepolia'],
  ['seller-uvd', 'buyer-uvd', 'base'],
] as const)('%s sells to %s on %s', async (seller, buyer, network) => {
  const chain = network === 'base' ? base : sepolia;
  const before = await chain.balance('USDC', SELLER);
  const { host } = new URL(facilitator.url);
  const url = await start(seller, {
    FACILITATOR_URL: facilitator.url,
    FACILITATOR: host,
    PORT: `${await freePort()}`,
  });
  expect((await fetch(url.trim())).status).toBe(402);
  expect(await start(buyer, { PRIVATE_KEY: chain.buyer.privateKey, URL_TO_BUY: url.trim() })).toBe(REPORT);
  expect(await chain.balance('USDC', SELLER)).toBe(before + 10_000n);
});
