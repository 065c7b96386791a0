/**
 * `node bench/hand-over.ts [rounds]`: three processes on one PostgreSQL database settle payments while the one that writes is stopped, killed
 * and frozen. Prints how long it took until another wrote, and the longest time without a settled payment. Ends with 1 when a
 * payment was not settled exactly once.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  BASE_SEPOLIA,
  BASE_SEPOLIA_USDC,
  freePort,
  fund,
  putMulticall3,
  putToken,
  startAnvil,
  startPostgres,
} from '@facilitator/testing';
import { ours } from './facilitators/ours.ts';
import { type NodeChild, startNode } from './node-child.ts';
import { createCrowd } from './payments.ts';

type SettleBody = { readonly success: boolean; readonly errorReason?: string };
type Server = { readonly child: NodeChild; readonly origin: string };

const ROUNDS = Number(process.argv[2] ?? 3);
const PROCESSES = 3;
const BUYERS = 8;
/** Before the signal, so that there is work to take over. */
const BEFORE_MS = 1_500;
const AFTER_MS = 1_000;
const LOOK_MS = 5;
const GIVE_UP_MS = 12_000;

await using open = new AsyncDisposableStack();
const folder = await mkdtemp(join(tmpdir(), 'facilitator-hand-over-'));
open.defer(() => rm(folder, { recursive: true, force: true }));
const anvil = await startAnvil({ chainId: BASE_SEPOLIA, wallets: 1, detached: true, blockTime: 1 });
open.defer(anvil.stop);
const postgres = await startPostgres();
open.defer(postgres.stop);
const crowd = createCrowd({ chainId: BASE_SEPOLIA, token: BASE_SEPOLIA_USDC, payers: 8, sellers: 4, amount: 1n });
await Promise.all([putMulticall3(anvil), putToken(anvil, BASE_SEPOLIA_USDC)]);
await Promise.all(crowd.payers.map(({ address }) => fund(anvil, BASE_SEPOLIA_USDC, address, 10n ** 12n)));
const payments = crowd.payments(100_000);

const servers: Server[] = [];
open.defer(async () => {
  await Promise.all(servers.map(({ child }) => child[Symbol.asyncDispose]()));
});
for (let number = 0; number < PROCESSES; number += 1) servers.push(await serve());

let posted = 0;
let settled = 0;
let over = false;
let settledAt = performance.now();
let longestMs = 0;
const buyers = Array.from({ length: BUYERS }, (_, number) => buyer(number));

for (const [signal, words] of [
  ['SIGTERM', 'stopped'],
  ['SIGKILL', 'killed'],
  ['SIGSTOP', 'frozen'],
] as const) {
  for (let round = 1; round <= ROUNDS; round += 1) {
    await sleep(BEFORE_MS);
    const writer = await writerAmong(servers);
    const others = servers.filter((server) => server !== writer);
    longestMs = 0;
    const started = performance.now();
    process.kill(writer.child.pid, signal);
    servers.splice(servers.indexOf(writer), 1);
    await writerAmong(others);
    const tookMs = performance.now() - started;
    servers.push(await serve());
    await sleep(AFTER_MS);
    say(
      `${words} ${round}/${ROUNDS}: another wrote after ${tookMs.toFixed(0)} ms, ${longestMs.toFixed(0)} ms without a settled payment\n`,
    );
    if (signal === 'SIGSTOP') process.kill(writer.child.pid, 'SIGCONT');
    await writer.child[Symbol.asyncDispose]();
  }
}
over = true;
await Promise.all(buyers);
const moved = await Promise.all(crowd.sellers.map(balance));
const paid = moved.reduce((sum, each) => sum + each, 0n);
say(`${posted} payments posted, ${settled} buyers know that theirs is settled, ${paid} are settled on chain\n`);
if (paid !== BigInt(posted) || settled !== posted) process.exitCode = 1;

async function serve(): Promise<Server> {
  const port = await freePort();
  const keys = anvil.accounts.map(({ privateKey }) => privateKey);
  const child = await startNode({
    entry: ours.entry,
    args: ours.args,
    env: { ...ours.env({ rpcUrl: anvil.url, keys, port, folder }), JOURNAL_URL: postgres.url },
  });
  const origin = `http://127.0.0.1:${port}`;
  while ((await get(`${origin}/ready`)) === undefined) await sleep(LOOK_MS);
  return { child, origin };
}

async function writerAmong(candidates: readonly Server[]): Promise<Server> {
  for (;;) {
    for (const server of candidates) {
      const metrics = await get(`${server.origin}/metrics`);
      if (metrics !== undefined && /^facilitator_network_writing\{[^}]*\} 1$/m.test(metrics)) return server;
    }
    await sleep(LOOK_MS);
  }
}

async function buyer(number: number): Promise<void> {
  while (!over) {
    const payment = payments[posted++];
    for (let at = number; payment !== undefined; at += 1) {
      const server = servers[at % servers.length];
      const body = server && (await settle(server.origin, payment.body));
      if (body?.success !== true && body?.errorReason !== 'duplicate_settlement') continue;
      settled += 1;
      longestMs = Math.max(longestMs, performance.now() - settledAt);
      settledAt = performance.now();
      break;
    }
  }
}

/** Undefined when nobody answered. */
async function settle(origin: string, body: Buffer): Promise<SettleBody | undefined> {
  const headers = { 'content-type': 'application/json' };
  const signal = AbortSignal.timeout(GIVE_UP_MS);
  const response = await fetch(`${origin}/settle`, { method: 'POST', headers, body, signal }).catch(() => undefined);
  if (response?.status !== 200) await sleep(20);
  const text = response?.status === 200 ? await response.text().catch(() => '') : '';
  return text === '' ? undefined : JSON.parse(text);
}

async function get(url: string): Promise<string | undefined> {
  const response = await fetch(url, { signal: AbortSignal.timeout(1_000) }).catch(() => undefined);
  return response?.ok ? await response.text().catch(() => undefined) : undefined;
}

async function balance(seller: `0x${string}`): Promise<bigint> {
  const data = `0x70a08231${seller.slice(2).padStart(64, '0')}`;
  return BigInt(`${await anvil.rpc('eth_call', [{ to: BASE_SEPOLIA_USDC.address, data }, 'latest'])}`);
}

function say(text: string): void {
  process.stdout.write(text);
}
