/** kill -9 on both sides of every write of the journal, and of every broadcast, while payments share transactions. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type Anvil,
  fund,
  type Interception,
  newWallet,
  type Postgres,
  type RpcCall,
  startForwarder,
  startPostgres,
  type Wallet,
} from '@facilitator/testing';
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { startChain, USDC } from '../stage/chain.ts';
import { PATIENCE } from '../stage/patience.ts';
import { type ServerProcess, startServer } from '../stage/server-process.ts';
import { buy, type Exchange, type Purchase } from '../trade/buyer.ts';
import { type ChainFacts, readChain } from '../trade/chain-facts.ts';
import { createOrderBook, type Kind, type OrderBook } from '../trade/order.ts';
import { readRecords } from '../trade/records.ts';
import { judge, type Verdict } from '../trade/verdict.ts';
import type { Death } from './death.ts';
import { type Intercept, pass, type Store } from './house.ts';

const MORTAL = fileURLToPath(new URL('./mortal-server.ts', import.meta.url));
const PURSE = 10n ** 15n;
const GAS_MONEY = 10n ** 20n;
/** More than one key may have transactions open: they share. */
const CROWD: readonly Kind[] = [...kinds('plain', 24), ...kinds('keyed', 3), 'family', 'crowd', 'poor', 'forged'];
const REFUSED = 2;
const ASKED_FOR_MS = 90_000;

function kinds(kind: Kind, count: number): readonly Kind[] {
  return Array.from({ length: count }, () => kind);
}

/** A chain and a journal for one test, with buyers who ask whichever server there is. */
type Yard = {
  readonly anvil: Anvil;
  intercept(how: Intercept): void;
  /** Buyers of these come in at once, and ask until they are answered. */
  crowd(all: readonly Kind[]): Promise<void>;
  /** A buyer of one hangs up when told to, and asks again later. */
  hangUp(when: Promise<unknown>): Promise<void>;
  /** A process that will kill itself. */
  mortal(death: Death): Promise<ServerProcess>;
  /** One that will not. */
  immortal(): Promise<ServerProcess>;
  /** Buyers ask this one from now on; nobody when it is undefined. */
  open(server: ServerProcess | undefined): void;
  settleAccounts(server: ServerProcess): Promise<{ readonly verdict: Verdict; readonly chain: ChainFacts }>;
};

type Finish = TestContext['onTestFinished'];

let postgres: Postgres | undefined;

beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres?.stop());

/** A block counts for good as soon as it is there: an attempt and its payments end in one write. */
const AT_ONCE = { REORG_DEPTH_BASE_SEPOLIA: '0' };

async function openYard(
  store: Store,
  onTestFinished: Finish,
  settings: Readonly<Record<string, string>> = {},
): Promise<Yard> {
  const folder = await mkdtemp(join(tmpdir(), 'facilitator-crash-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const anvil = await startChain();
  onTestFinished(() => anvil.stop());
  let how = pass;
  const forwarder = await startForwarder({ upstream: anvil.url, intercept: (call) => how(call) });
  onTestFinished(() => forwarder.stop());
  const signer: Wallet = newWallet();
  await anvil.setBalance(signer.address, GAS_MONEY);
  const book: OrderBook = createOrderBook(1);
  await Promise.all(book.payers.map(({ address }) => fund(anvil, USDC, address, PURSE)));
  const database = store === 'SQLite' ? undefined : await postgres?.createDatabase();
  const env = {
    JOURNAL_URL: database ?? `sqlite:${join(folder, 'journal.db')}`,
    EVM_PRIVATE_KEY_TESTNET: signer.privateKey,
    RPC_URL_BASE_SEPOLIA: forwarder.url,
    // Servers start all the time here.
    NODE_COMPILE_CACHE: join(tmpdir(), 'facilitator-compiled'),
    ...settings,
  };
  const over = new AbortController();
  onTestFinished(() => over.abort());
  let url: string | undefined;
  const purchases: Purchase[] = [];
  const stories: Promise<void>[] = [];
  const market = { url: () => url, seed: 1, signal: over.signal };

  async function start(command?: readonly string[]): Promise<ServerProcess> {
    const started = await startServer(env, folder, command);
    if (started.status === 'ended') throw new Error(started.ending.output);
    const { server } = started;
    onTestFinished(async () => {
      server.kill('SIGKILL');
      await server.ended;
    });
    await server.logged('ready');
    return server;
  }

  return {
    anvil,
    intercept(next) {
      how = next;
    },
    async crowd(all) {
      const from = purchases.length;
      const orders = await Promise.all(all.map((kind, at) => book.order(from + at, kind)));
      for (const order of orders) {
        const purchase: Purchase = { order, exchanges: [] };
        purchases.push(purchase);
        stories.push(buy(purchase, market));
      }
    },
    async hangUp(when) {
      const order = await book.order(purchases.length, 'plain');
      const gone = new AbortController();
      const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: order.body };
      const sentAt = performance.now();
      const asked = fetch(`${url}/settle`, { ...init, signal: gone.signal }).catch(() => undefined);
      await when;
      gone.abort();
      expect(await asked).toBeUndefined();
      const lost: Exchange = {
        caller: 0,
        sentAt,
        endedAt: performance.now(),
        keyed: false,
        outcome: { status: 'lost' },
      };
      const purchase: Purchase = { order, exchanges: [lost] };
      purchases.push(purchase);
      url = undefined;
      stories.push(buy(purchase, market));
    },
    mortal: (death) => start([MORTAL, JSON.stringify(death)]),
    immortal: () => start(),
    open(server) {
      url = server?.url;
    },
    async settleAccounts(server) {
      const patience = setTimeout(() => over.abort(), ASKED_FOR_MS);
      await Promise.all(stories);
      clearTimeout(patience);
      const said = await readRecords(server.url, purchases);
      const chain = await readChain(anvil, [signer.address]);
      const settled = purchases.filter(({ order }) => said.records.get(order.id)?.state === 'settled');
      expect(settled.reduce((sum, { order }) => sum + order.amount, 0n)).toBe(chain.moved);
      expect(chain.waiting).toBe(0);
      return { chain, verdict: judge({ purchases, chain, ...said }) };
    },
  };
}

/** The process that was to die has died; the next one finds what it left. */
async function succeed(yard: Yard, dead: ServerProcess): Promise<ServerProcess> {
  yard.open(await dead.ended.then(() => undefined));
  expect((await dead.ended).code).toBeNull();
  const next = await yard.immortal();
  yard.open(next);
  return next;
}

/** How many payments its transactions carry. */
function prepared(server: ServerProcess): number {
  const lines = server.told().split('\n');
  return lines
    .filter((line) => line.includes('"event":"settle.prepared"'))
    .reduce((sum, line) => sum + (JSON.parse(line) as { readonly payments: readonly string[] }).payments.length, 0);
}

/** Everybody who could be paid was, in company, and nothing was sent in vain. */
async function expectPaid(yard: Yard, server: ServerProcess, crowd = CROWD): Promise<void> {
  const { verdict, chain } = await yard.settleAccounts(server);
  expect(verdict).toMatchObject(CLEAN);
  expect(verdict.settled).toBe(crowd.length - REFUSED);
  expect(chain.reverted).toEqual([]);
  expect(chain.largest).toBeGreaterThan(1);
}

const CLEAN = { wrong: [], lost: [], double: [] };
const SIDES = ['before', 'after'] as const;

describe.concurrent.each(['SQLite', 'PostgreSQL'] as const)('with %s, killed', (store) => {
  it.for<Death>([
    { method: 'claim', when: 'before', call: 10 },
    { method: 'claim', when: 'after', call: 10 },
    { method: 'release', when: 'before', call: 1 },
    { method: 'release', when: 'after', call: 1 },
    { method: 'prepare', when: 'before', call: 1 },
    { method: 'prepare', when: 'after', call: 1 },
    { method: 'prepare', when: 'after', call: 2 },
    { method: 'conclude', when: 'before', call: 1 },
    { method: 'conclude', when: 'after', call: 1 },
    { method: 'conclude', when: 'after', call: 7 },
    { method: 'resolve', when: 'before', call: 1 },
    { method: 'resolve', when: 'after', call: 1 },
    { method: 'resolve', when: 'after', call: 2 },
  ])('$when call $call of $method', async (death, { onTestFinished }) => {
    const yard = await openYard(store, onTestFinished, death.method === 'resolve' ? AT_ONCE : {});
    const mortal = await yard.mortal(death);
    yard.open(mortal);
    // More than one transaction carries, so that there is a second.
    const crowd = death.call === 2 ? [...CROWD, ...kinds('plain', 30)] : CROWD;
    await yard.crowd(crowd);
    await expectPaid(yard, await succeed(yard, mortal), crowd);
  });

  it.for(SIDES)('%s the first broadcast', async (when, { onTestFinished }) => {
    const yard = await openYard(store, onTestFinished);
    const first = await yard.immortal();
    let broadcasts = 0;
    yard.intercept(async ({ method, params }: RpcCall): Promise<Interception> => {
      if (method !== 'eth_sendRawTransaction' || ++broadcasts !== 1) return { action: 'pass' };
      if (when === 'after') await yard.anvil.rpc(method, params);
      first.kill('SIGKILL');
      return { action: 'drop' };
    });
    yard.open(first);
    await yard.crowd(CROWD);
    await expectPaid(yard, await succeed(yard, first));
  });

  it.for(SIDES)('%s the replacement of a stuck transaction', async (when, { onTestFinished }) => {
    const yard = await openYard(store, onTestFinished);
    const mortal = await yard.mortal({ method: 'replace', when, call: 1, haste: 5 });
    await yard.anvil.pauseMining();
    yard.open(mortal);
    await yard.crowd(CROWD);
    const next = await succeed(yard, mortal);
    await yard.anvil.resumeMining();
    await expectPaid(yard, next);
  });

  it.for(SIDES)('%s a success is delivered to a retry', async (when, { onTestFinished }) => {
    const yard = await openYard(store, onTestFinished);
    const first = await yard.immortal();
    await yard.anvil.pauseMining();
    yard.open(first);
    await yard.crowd(CROWD);
    await first.logged('settle.broadcast');
    first.kill('SIGKILL');
    await first.ended;
    yard.open(undefined);
    // Mined while nobody is there: known at the start, and nobody was told.
    await yard.anvil.resumeMining();
    const mortal = await yard.mortal({ method: 'deliver', when, call: 1 });
    yard.open(mortal);
    await expectPaid(yard, await succeed(yard, mortal));
  });

  it.for(SIDES)('%s a retry brings its first idempotency key', async (when, { onTestFinished }) => {
    const yard = await openYard(store, onTestFinished);
    const first = await yard.immortal();
    await yard.anvil.pauseMining();
    yard.open(first);
    const crowd = [...CROWD, ...kinds('learning', 6)];
    await yard.crowd(crowd);
    // All of them: whoever learns had no answer to the first request, and was prepared.
    await expect.poll(() => prepared(first), PATIENCE).toBe(crowd.length - REFUSED);
    first.kill('SIGKILL');
    await first.ended;
    yard.open(undefined);
    await yard.anvil.resumeMining();
    const mortal = await yard.mortal({ method: 'takeKey', when, call: 2 });
    yard.open(mortal);
    await expectPaid(yard, await succeed(yard, mortal), crowd);
  });

  it.for(SIDES)('%s a success that reached nobody is taken back', async (when, { onTestFinished }) => {
    const yard = await openYard(store, onTestFinished);
    const linger = { method: 'conclude', ms: 1_000 } as const;
    const mortal = await yard.mortal({ method: 'undeliver', when, call: 1, linger });
    yard.open(mortal);
    await yard.hangUp(mortal.logged('journal.conclude'));
    const next = await succeed(yard, mortal);
    const { verdict } = await yard.settleAccounts(next);
    expect(verdict).toMatchObject({ ...CLEAN, settled: 1, untold: when === 'before' ? 1 : 0 });
  });

  it.for(SIDES)('%s a payment that ran out of time is ended', async (when, { onTestFinished }) => {
    const yard = await openYard(store, onTestFinished);
    const mortal = await yard.mortal({ method: 'conclude', when, call: 1, haste: 5 });
    const isSending = ({ method }: RpcCall) => method === 'eth_sendRawTransaction';
    yard.intercept((call) => ({ action: isSending(call) ? 'drop' : 'pass' }));
    yard.open(mortal);
    await yard.crowd(kinds('fleeting', 12));
    const next = await succeed(yard, mortal);
    yard.intercept(pass);
    expect((await yard.settleAccounts(next)).verdict).toMatchObject({ ...CLEAN, settled: 0, refused: 12 });
  });
});

it.concurrent.for(SIDES)('killed %s a payment is handed to the process that writes', async (when, context) => {
  const yard = await openYard('PostgreSQL', context.onTestFinished);
  const writer = await yard.immortal();
  const mortal = await yard.mortal({ method: 'handOver', when, call: 5 });
  yard.open(mortal);
  await yard.crowd(CROWD);
  expect((await mortal.ended).code).toBeNull();
  yard.open(writer);
  await expectPaid(yard, writer);
});
