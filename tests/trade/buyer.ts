/** The callers of one order: they ask until they have an answer, and write down everything they are told. */
import { setTimeout as sleep } from 'node:timers/promises';
import { createLots, type Lots } from './lots.ts';
import type { Order } from './order.ts';

/** One request, and what came of it. Times are milliseconds of one clock. */
export type Exchange = {
  readonly caller: number;
  readonly sentAt: number;
  readonly endedAt: number;
  /** Whether it came with the order's idempotency key. */
  readonly keyed: boolean;
  readonly outcome: Outcome;
};

export type Outcome =
  /** No whole answer came: nothing is known of what the server did. */
  | { readonly status: 'lost' }
  | { readonly status: 'unavailable'; readonly message: string }
  | { readonly status: 'settled'; readonly transaction: string; readonly payer: string }
  | { readonly status: 'pending'; readonly transaction: string }
  | { readonly status: 'duplicate' }
  | { readonly status: 'refused'; readonly reason: string; readonly transaction: string }
  /** Nothing that a facilitator may say. */
  | { readonly status: 'odd'; readonly http: number; readonly text: string };

export type Purchase = { readonly order: Order; readonly exchanges: Exchange[] };

export type Market = {
  /** Where a server listens now; undefined while none does. */
  readonly url: () => string | undefined;
  readonly seed: number;
  /** Ends every wait. */
  readonly signal: AbortSignal;
};

const PATIENCE_MS = 40_000;
const NOBODY_MS = 100;
const PAUSE_MS = { least: 200, most: 1_000 };
const CROWD = 3;

/** Resolves when every caller has an answer, or none can get one any more. */
export async function buy(purchase: Purchase, market: Market): Promise<void> {
  const { order } = purchase;
  const crowd = order.kind === 'crowd' || order.kind === 'family' ? CROWD : 1;
  await Promise.all(Array.from({ length: crowd }, (_, caller) => insist(purchase, market, caller)));
  if (order.kind === 'timid' && purchase.exchanges.at(-1)?.outcome.status === 'unavailable') return;
  // And once more: nobody is told a second time, unless with the key.
  await insist(purchase, market, crowd);
}

async function insist({ order, exchanges }: Purchase, market: Market, caller: number): Promise<void> {
  const lots = createLots(`${market.seed}/caller/${order.nonce}/${caller}`);
  while (!market.signal.aborted) {
    const url = market.url();
    if (url === undefined) {
      await pause(NOBODY_MS, market);
      continue;
    }
    const sentAt = performance.now();
    const keyed = order.key !== undefined && (order.kind !== 'learning' || exchanges.some(isLost));
    const outcome = await ask(url, order, keyed, hangUpAfter(order, lots), lots, market.signal);
    exchanges.push({ caller, sentAt, endedAt: performance.now(), keyed, outcome });
    if (isLast(order, outcome, exchanges) && !(await isOrphaned(url, order, outcome, exchanges))) return;
    await pause(lots.between(PAUSE_MS.least, PAUSE_MS.most), market);
  }
}

function hangUpAfter({ kind }: Order, lots: Lots): number {
  return kind === 'restless' && lots.number() < 0.6 ? lots.between(1, 2_000) : PATIENCE_MS;
}

function isLast({ kind }: Order, { status, ...rest }: Outcome, exchanges: readonly Exchange[]): boolean {
  if (status === 'lost' || status === 'pending') return false;
  if (status !== 'unavailable') return true;
  return kind === 'timid' && saysNothingWasSent(rest) && exchanges.length === 1;
}

function isLost({ outcome }: Exchange): boolean {
  return outcome.status === 'lost';
}

/**
 * Told of another who is nobody but the same buyer before the connection broke: the server may have died since, before it sent
 * anything. What has become of the payment can be asked, and where nothing is known of it, it is sent again.
 */
async function isOrphaned(url: string, order: Order, { status }: Outcome, exchanges: readonly Exchange[]) {
  if (status !== 'duplicate' || !exchanges.some(isLost)) return false;
  try {
    const answer = await fetch(`${url}/settlements/${order.id}`);
    const text = await answer.text();
    return answer.status !== 200 || text.includes('"claimed"');
  } catch {
    return true;
  }
}

/** A promise that can be held against the chain when nobody asks again. */
export function saysNothingWasSent(outcome: object): boolean {
  return 'message' in outcome && /nothing was sent/i.test(`${outcome.message}`);
}

async function ask(
  url: string,
  order: Order,
  keyed: boolean,
  patienceMs: number,
  lots: Lots,
  end: AbortSignal,
): Promise<Outcome> {
  const headers = {
    'content-type': 'application/json',
    ...(keyed && order.key !== undefined && { 'idempotency-key': order.key }),
    ...(lots.number() < 0.3 ? { prefer: 'wait=1' } : {}),
  };
  const signal = AbortSignal.any([end, AbortSignal.timeout(Math.ceil(patienceMs))]);
  try {
    const response = await fetch(`${url}/settle`, { method: 'POST', headers, body: order.body, signal });
    return outcomeOf(response.status, await response.text());
  } catch {
    return { status: 'lost' };
  }
}

function outcomeOf(http: number, text: string): Outcome {
  const odd: Outcome = { status: 'odd', http, text };
  let body: Readonly<Record<string, unknown>>;
  try {
    body = JSON.parse(text);
  } catch {
    return odd;
  }
  if (http === 503) return { status: 'unavailable', message: `${body['error']}` };
  if (http !== 200) return odd;
  const transaction = `${body['transaction']}`;
  if (body['success'] === true) return { status: 'settled', transaction, payer: `${body['payer']}` };
  const reason = body['errorReason'];
  if (typeof reason !== 'string') return odd;
  if (reason === 'settlement_pending') return { status: 'pending', transaction };
  if (reason === 'duplicate_settlement') return { status: 'duplicate' };
  return { status: 'refused', reason, transaction };
}

async function pause(ms: number, { signal }: Market): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}
