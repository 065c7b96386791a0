/** A buyer's client that wants its answer: it asks another process when one is gone or busy, always with the same request. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer } from '../stage/facilitator.ts';
import type { Draft } from '../stage/scene.ts';
import type { ServerProcess } from '../stage/server-process.ts';

/** How a payment ended for its buyer, and everything that was told on the way. */
export type Purchase = {
  readonly draft: Draft;
  readonly end:
    | { readonly status: 'settled'; readonly transaction: string }
    /** A success went to a connection that was gone by then. */
    | { readonly status: 'duplicate' }
    | { readonly status: 'refused'; readonly reason: string };
  /** What was said with 503. */
  readonly unavailable: readonly string[];
};

/** What a client takes for "ask again": nobody there, nothing decided, or not mined yet. */
const PAUSE_MS = 50;
/** A connection on which nothing comes is given up. */
const PATIENCE_MS = 8_000;

/** `servers` are those that take requests now; they are asked in turn, beginning with number `first`. */
export async function buy(
  servers: () => readonly ServerProcess[],
  draft: Draft,
  first: number,
  headers: Readonly<Record<string, string>> = {},
): Promise<Purchase> {
  const unavailable: string[] = [];
  for (let at = first; ; at += 1) {
    const there = servers();
    const server = there[at % there.length];
    const asked = server?.post('settle', draft, headers).catch(() => undefined);
    const answer = await Promise.race([asked, sleep(PATIENCE_MS, undefined, { ref: false })]);
    if (answer?.status === 503) unavailable.push(answer.text);
    const end = answer === undefined ? undefined : endOf(answer);
    if (end !== undefined) return { draft, end, unavailable };
    await sleep(PAUSE_MS);
  }
}

function endOf({ status, body }: Answer): Purchase['end'] | undefined {
  if (status === 503) return undefined;
  if (body['success'] === true) return { status: 'settled', transaction: `${body['transaction']}` };
  const reason = `${body['errorReason']}`;
  if (reason === 'settlement_pending') return undefined;
  return reason === 'duplicate_settlement' ? { status: 'duplicate' } : { status: 'refused', reason };
}
