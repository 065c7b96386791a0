/** Pruning: final payments that nobody may ask for any more, and the transactions that carried nothing else. */
import { sql } from 'kysely';
import { inChunks } from '../chunks.ts';
import { stillOpen } from '../schema.ts';
import type { Writing } from '../store.ts';
import { type Apply, done, type Outcome, type Session } from '../write-kind.ts';

export type Pruning = {
  /** Seconds since the epoch: payments that ended earlier, and whose authorization expired earlier, may go. */
  readonly before: bigint;
  /** Payments at most. */
  readonly most: number;
};

export const applyPrunings: Apply<Pruning, number> = async (session, inputs) => {
  const outcomes: Outcome<number>[] = [];
  for (const input of inputs) outcomes.push(done(await prune(session, input)));
  return outcomes;
};

async function prune(session: Session, input: Pruning): Promise<number> {
  const { tx } = session;
  // Two at once would only wait for each other.
  if (!(await session.peers.prunes(tx))) return 0;
  const ids = await findOld(session, input);
  const freed = await inChunks(ids, (part) =>
    tx.deleteFrom('items').where('payment_id', 'in', part).returning('transaction_hash').execute(),
  );
  await forgetTransactions(tx, [...new Set(freed.map((item) => item.transaction_hash))]);
  await inChunks(ids, (part) => tx.deleteFrom('payments').where('id', 'in', part).execute());
  return ids.length;
}

/**
 * How many transactions keep a payment: open ones, and the newest of a signer, because the next nonce follows from it. Counted,
 * because a planner may turn `exists` into a scan of whole tables.
 */
const PINNED = sql<bigint>`(
  select count(*) from items join transactions on transactions.hash = items.transaction_hash
  where items.payment_id = payments.id
    and (${stillOpen} or transactions.nonce = (
      select max(newest.nonce) from transactions as newest
      where newest.network = transactions.network and newest.signer = transactions.signer
    ))
)`;

/**
 * An authorization that could still be used keeps its payment, whatever its age: what is forgotten can be presented again,
 * and then only its expiry refuses it for certain.
 */
async function findOld({ tx, shared }: Session, { before, most }: Pruning): Promise<readonly string[]> {
  // Times are text here. Among those of one length the order of text is that of numbers; shorter ones lie before 2001.
  const limit = `${before}`;
  const rows = await tx
    .selectFrom('payments')
    .select('id')
    .where(sql<bigint>`length(expires)`, '=', BigInt(limit.length))
    .where('expires', '<', limit)
    .where('concluded_at', '<', before)
    .where(PINNED, '=', 0n)
    .orderBy('expires')
    .limit(most)
    // Who is taking a delivery right now goes first; the payment is as old tomorrow.
    .$if(shared, (query) => query.forUpdate().skipLocked())
    .execute();
  return rows.map(({ id }) => id);
}

async function forgetTransactions(tx: Writing, hashes: readonly string[]): Promise<void> {
  await inChunks(hashes, (part) =>
    tx
      .deleteFrom('transactions')
      .where('hash', 'in', part)
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom('items').select('items.payment_id').whereRef('items.transaction_hash', '=', 'transactions.hash'),
          ),
        ),
      )
      .execute(),
  );
}
