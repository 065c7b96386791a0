/** Real servers, a real chain, bad weather in between, callers of every temper: for minutes, and then the accounts are checked. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type FaultName, fund, newWallet, startChaosProxy, startPostgres } from '@facilitator/testing';
import { startChain, USDC } from '../stage/chain.ts';
import { buy, type Purchase } from '../trade/buyer.ts';
import { type ChainFacts, readChain } from '../trade/chain-facts.ts';
import { createLots } from '../trade/lots.ts';
import { createOrderBook } from '../trade/order.ts';
import { readRecords } from '../trade/records.ts';
import { judge, type Verdict } from '../trade/verdict.ts';
import { type Life, startFleet } from './fleet.ts';
import type { SoakOptions } from './options.ts';
import { nextWeather, strikes } from './sky.ts';

export type Progress = {
  readonly seconds: number;
  readonly sent: number;
  /** Payments whose callers all have their answers. */
  readonly ended: number;
  readonly requests: number;
  readonly kills: number;
  readonly faults: number;
  /** Megabytes of the heaviest server now. */
  readonly memory: number;
};

export type SoakResult = {
  readonly seconds: number;
  readonly sent: number;
  /** Answers of any kind, by kind. */
  readonly answers: ReadonlyMap<string, number>;
  readonly verdict: Verdict;
  readonly chain: ChainFacts;
  /** Reverted transactions that carried something other than a payment that had run out of time. */
  readonly needless: readonly string[];
  /** Atomic units that the records say were settled. */
  readonly recorded: bigint;
  readonly lives: readonly Life[];
  readonly kills: number;
  readonly faults: ReadonlyMap<FaultName, number>;
  /** Exit codes of the servers after SIGTERM. */
  readonly exits: readonly (number | null)[];
};

const PURSE = 10n ** 15n;
const GAS_MONEY = 10n ** 21n;
/** Callers that may wait at once; beyond that the next burst waits. */
const MOST_OPEN = 400;
const WEATHER_MS = 4_000;
const SECOND = 1_000;
/** The callers' time to get their answers when the sky has cleared. */
const AFTERWARDS_MS = 120_000;
/** What is held back by the node's proxy is smaller than real providers' worst, because this process sends it. */
const SEVERITY = { oversizedBytes: 8 * 2 ** 20 };

/** Resolves when everything has ended and was checked. `signal` ends the sending early. */
export async function soak(
  options: SoakOptions,
  onProgress: (progress: Progress) => void,
  signal: AbortSignal,
): Promise<SoakResult> {
  await using opened = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'facilitator-soak-'));
  opened.defer(() => rm(folder, { recursive: true, force: true }));
  const anvil = await startChain({ blockTime: options.blockTime, detached: true });
  opened.defer(anvil.stop);
  const proxy = await startChaosProxy(anvil.url, { seed: options.seed, ...SEVERITY });
  opened.defer(proxy.stop);
  const signer = newWallet();
  await anvil.setBalance(signer.address, GAS_MONEY);
  const book = createOrderBook(options.seed);
  await Promise.all(book.payers.map(({ address }) => fund(anvil, USDC, address, PURSE)));
  // Stale reads are made some blocks back, and the payers had their money before that.
  await anvil.mine(10);
  const fleet = opened.use(await startFleet(await fleetOptions(options, folder, proxy.url, signer.privateKey, opened)));

  const started = performance.now();
  const purchases: Purchase[] = [];
  let ended = 0;
  const over = new AbortController();
  const market = { url: fleet.url, seed: options.seed, signal: over.signal };
  const open = new Set<Promise<void>>();

  const calm = new AbortController();
  const trouble = Promise.all([
    options.chaos ? changeWeather() : undefined,
    options.killEveryMs === undefined ? undefined : killNowAndThen(options.killEveryMs),
  ]);
  const watch = setInterval(() => void observe(), SECOND);
  opened.defer(() => clearInterval(watch));

  async function changeWeather(): Promise<void> {
    const lots = createLots(`${options.seed}/weather`);
    while (!calm.signal.aborted) {
      proxy.weather(nextWeather(lots));
      await sleep(WEATHER_MS, undefined, { signal: calm.signal }).catch(() => undefined);
    }
    proxy.weather({});
  }

  async function killNowAndThen(everyMs: number): Promise<void> {
    const lots = createLots(`${options.seed}/kill`);
    for (;;) {
      await sleep(everyMs * lots.between(0.5, 1.5), undefined, { signal: calm.signal }).catch(() => undefined);
      if (calm.signal.aborted) return;
      await fleet.killOne();
    }
  }

  async function observe(): Promise<void> {
    await fleet.weigh();
    onProgress({
      seconds: (performance.now() - started) / SECOND,
      sent: purchases.length,
      ended,
      requests: purchases.reduce((sum, { exchanges }) => sum + exchanges.length, 0),
      kills: fleet.kills(),
      faults: proxy.hits.length,
      memory: fleet.heaviest(),
    });
  }

  function begin(purchase: Purchase): void {
    purchases.push(purchase);
    const story = buy(purchase, market).finally(() => {
      ended += 1;
      open.delete(story);
    });
    open.add(story);
  }

  async function send(): Promise<void> {
    while (!signal.aborted && performance.now() - started < options.forMs) {
      for (let burst = 0; burst < options.rate && purchases.length < options.payments; burst += 1)
        begin({ order: await book.order(purchases.length), exchanges: [] });
      if (purchases.length >= options.payments) return;
      await sleep(SECOND, undefined, { signal }).catch(() => undefined);
      while (open.size > MOST_OPEN) await Promise.race(open);
    }
  }

  await Promise.race([send(), trouble.then(() => Promise.withResolvers<never>().promise)]);
  calm.abort();
  await trouble;
  const patience = setTimeout(() => over.abort(), AFTERWARDS_MS);
  await Promise.all(open);
  clearTimeout(patience);
  await observe();

  const url = fleet.url();
  if (url === undefined) throw new Error('no server is left');
  const { records, carried } = await readRecords(url, purchases);
  const exits = await fleet.stop();
  await anvil.mine();
  const chain = await readChain(anvil, [signer.address]);
  const fleeting = new Set(
    purchases.flatMap(({ order }) => (order.kind === 'fleeting' ? [records.get(order.id)?.transaction] : [])),
  );
  return {
    seconds: (performance.now() - started) / SECOND,
    sent: purchases.length,
    answers: countAnswers(purchases),
    verdict: judge({ purchases, chain, records, carried }),
    chain,
    needless: chain.reverted.filter((hash) => !fleeting.has(hash)),
    recorded: purchases.reduce(
      (sum, { order }) => sum + (records.get(order.id)?.state === 'settled' ? order.amount : 0n),
      0n,
    ),
    lives: fleet.lives,
    kills: fleet.kills(),
    faults: strikes(proxy),
    exits,
  };
}

async function fleetOptions(
  { store, servers, seed, keep }: SoakOptions,
  folder: string,
  rpcUrl: string,
  key: string,
  opened: AsyncDisposableStack,
) {
  const database = store === 'SQLite' ? undefined : await startPostgres();
  if (database !== undefined) opened.defer(database.stop);
  return {
    ...{ size: servers, folder, keep, lots: createLots(`${seed}/fleet`) },
    env: {
      JOURNAL_URL: database?.url ?? `sqlite:${join(folder, 'journal.db')}`,
      EVM_PRIVATE_KEY_TESTNET: key,
      RPC_URL_BASE_SEPOLIA: rpcUrl,
      LOG_LEVEL: keep === undefined ? 'info' : 'debug',
    },
  };
}

function countAnswers(purchases: readonly Purchase[]): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const { exchanges } of purchases)
    for (const { outcome } of exchanges) {
      const name = outcome.status === 'refused' ? outcome.reason : outcome.status;
      sums.set(name, (sums.get(name) ?? 0) + 1);
    }
  return sums;
}
