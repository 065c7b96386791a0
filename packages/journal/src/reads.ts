/** Lookups, and what recovery starts from. */
import type { Attempt, Cost, LaneKey, PaymentRecord, Unfinished } from '@facilitator/engine';
import type { Caip2, Seconds } from '@facilitator/protocol';
import { sql } from 'kysely';
import type { Peers } from './peers.ts';
import { toPayment } from './record.ts';
import { includedTransaction, openTransaction, unfinishedPayment } from './schema.ts';
import { type Reading, readTogether } from './store.ts';

export async function findPayment(reading: Reading, id: string): Promise<PaymentRecord | undefined> {
  const row = await reading.selectFrom('payments').selectAll().where('id', '=', id).executeTakeFirst();
  return row && toPayment(row);
}

export async function findPaymentByKey(reading: Reading, key: string): Promise<PaymentRecord | undefined> {
  const row = await reading.selectFrom('payments').selectAll().where('idempotency_key', '=', key).executeTakeFirst();
  return row && toPayment(row);
}

/** Those it carries in their order, then those that it only proves. */
export async function findPaymentsByTransaction(reading: Reading, hash: string): Promise<readonly PaymentRecord[]> {
  const rows = await reading
    .selectFrom('payments')
    .leftJoin('items', (join) =>
      join.onRef('items.payment_id', '=', 'payments.id').on('items.transaction_hash', '=', hash),
    )
    .selectAll('payments')
    // Two indexes make the list; an OR over both would read the whole table.
    .where('payments.id', 'in', (ids) =>
      ids
        .selectFrom('items')
        .select('payment_id as id')
        .where('transaction_hash', '=', hash)
        .union(ids.selectFrom('payments').select('id').where('transaction_hash', '=', hash)),
    )
    .orderBy(sql`case when items.position is null then 1 else 0 end`)
    .orderBy('items.position')
    .orderBy('payments.id')
    .execute();
  return rows.map(toPayment);
}

/** A nonce, and the place of the transaction among those that are signed for it. */
export type Turn = { readonly nonce: bigint; readonly attempt: bigint };

/** What a lane's next transaction takes; undefined when its gap is none. */
export async function nextTurn(reading: Reading, lane: LaneKey): Promise<Turn | undefined> {
  const { network, signer, floor, gap } = lane;
  const ofSigner = reading.selectFrom('transactions').where('network', '=', network).where('signer', '=', signer);
  if (gap !== undefined) {
    const earlier = await ofSigner
      .select(['outcome', 'attempt'])
      .where('nonce', '=', gap)
      .orderBy('attempt', 'desc')
      .execute();
    if (earlier.some(({ outcome }) => outcome === 'open')) return undefined;
    return { nonce: gap, attempt: (earlier[0]?.attempt ?? -1n) + 1n };
  }
  const last = await ofSigner.select('nonce').orderBy('nonce', 'desc').limit(1).executeTakeFirst();
  const journaled = last === undefined ? 0n : last.nonce + 1n;
  return { nonce: journaled > floor ? journaled : floor, attempt: 0n };
}

/** Rows that are read at a time: a busy day of one signer is some hundred of these. */
const COSTS_PAGE = 2_000;

/** Walks back by nonce: that is what is indexed, and nonces are signed in their order. */
export async function findCosts(
  reading: Reading,
  { network, signer }: Pick<LaneKey, 'network' | 'signer'>,
  since: Seconds,
): Promise<readonly Cost[]> {
  const found: Cost[] = [];
  let below: bigint | undefined;
  for (;;) {
    let page = reading
      .selectFrom('transactions')
      .select(['nonce', 'cost', 'created_at'])
      .where('network', '=', network)
      .where('signer', '=', signer)
      .where(includedTransaction);
    if (below !== undefined) page = page.where('nonce', '<', below);
    const rows = await page.orderBy('nonce', 'desc').limit(COSTS_PAGE).execute();
    for (const { nonce, cost, created_at: at } of rows)
      if (cost !== null && at >= since) found.push({ nonce, cost: BigInt(cost), at });
    const last = rows.at(-1);
    if (last === undefined || rows.length < COSTS_PAGE || last.created_at < since) return found;
    below = last.nonce;
  }
}

export async function countUnfinished(reading: Reading): Promise<number> {
  const found = await reading
    .selectFrom('payments')
    .select(({ fn }) => fn.countAll<bigint>().as('count'))
    .where(unfinishedPayment)
    .executeTakeFirstOrThrow();
  return Number(found.count);
}

export async function countWaiting(reading: Reading, network: Caip2, since: Seconds): Promise<number> {
  const found = await reading
    .selectFrom('payments')
    .select(({ fn }) => fn.countAll<bigint>().as('count'))
    .where('network', '=', network)
    .where(unfinishedPayment)
    .where(({ eb, or, and }) =>
      or([eb('state', '=', 'queued'), and([eb('state', '=', 'claimed'), eb('claimed_at', '>=', since)])]),
    )
    .executeTakeFirstOrThrow();
  return Number(found.count);
}

export function findUnfinished(
  reading: Reading,
  peers: Pick<Peers, 'self' | 'gone'>,
  network: Caip2,
): Promise<Unfinished> {
  return readTogether(reading, async (snapshot) => {
    const found = await snapshot
      .selectFrom('payments')
      .selectAll()
      .where('network', '=', network)
      .where(unfinishedPayment)
      .orderBy('claimed_at')
      .orderBy('id')
      .execute();
    const claimed = found.filter(({ state, owner }) => state === 'claimed' && owner !== peers.self);
    const gone =
      claimed.length === 0
        ? undefined
        : await peers.gone(
            snapshot,
            claimed.map(({ owner }) => owner),
          );
    const payments = found.filter(({ state, owner }) => state !== 'claimed' || gone?.has(owner));
    const transactions = await snapshot
      .selectFrom('transactions')
      .select(['hash', 'network', 'signer', 'nonce', 'bytes'])
      .where('network', '=', network)
      .where(openTransaction)
      .orderBy('nonce')
      .orderBy('attempt')
      .orderBy('signer')
      .execute();
    const items = await snapshot
      .selectFrom('items')
      .innerJoin('transactions', 'transactions.hash', 'items.transaction_hash')
      .select(['items.transaction_hash', 'items.payment_id'])
      .where('transactions.network', '=', network)
      .where(openTransaction)
      .orderBy('items.transaction_hash')
      .orderBy('items.position')
      .execute();
    const carried = Map.groupBy(items, (item) => item.transaction_hash);
    const attempts = transactions.map(
      ({ hash, signer, nonce, bytes }): Attempt => ({
        network,
        signer,
        nonce,
        hash,
        // The schema guarantees the bytes of an open attempt.
        bytes: bytes ?? '',
        items: (carried.get(hash) ?? []).map((item) => item.payment_id),
      }),
    );
    return { payments: payments.map(toPayment), attempts };
  });
}
