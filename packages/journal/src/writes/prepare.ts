/** Prepares: transaction, items and the payments' new state in one write, after the bytes were signed. */
import type { Attempt } from '@facilitator/engine';
import { sql } from 'kysely';
import { inChunks } from '../chunks.ts';
import { type JournalError, refused } from '../journal-error.ts';
import { stillOpen, type TransactionsTable } from '../schema.ts';
import type { Writing } from '../store.ts';
import { type Apply, done, type Outcome, type Session } from '../write-kind.ts';

export type Preparation = { readonly attempt: Attempt; readonly row: TransactionsTable };

export const applyPreparations: Apply<Preparation, Attempt> = async (session, inputs) => {
  const { tx } = session;
  const preparable = await findPreparable(session, [...new Set(inputs.flatMap((input) => input.attempt.items))]);
  const hashes = new Set<string>();
  const faults = new Map<Preparation, JournalError>();
  for (const input of inputs) {
    const fault = hashes.has(input.row.hash) ? taken(input) : unfit(input, preparable);
    if (fault !== undefined) faults.set(input, fault);
    // Whatever goes in now is carried by an open attempt for the next.
    else for (const id of input.attempt.items) preparable.delete(id);
    hashes.add(input.row.hash);
  }
  const fit = inputs.filter((input) => !faults.has(input));
  const stored = await insertTransactions(tx, fit);
  const won = fit.filter((input) => stored.has(input.row.hash));
  await insertItems(tx, won);
  await markPrepared(tx, won);
  return inputs.map((input): Outcome<Attempt> => {
    if (stored.has(input.row.hash) && !faults.has(input)) return done(input.attempt);
    return { status: 'refused', error: faults.get(input) ?? taken(input) };
  });
};

/** The networks of payments that are `claimed`, or `prepared` without an attempt that is still open. */
async function findPreparable({ tx, shared }: Session, ids: readonly string[]): Promise<Map<string, string>> {
  // In one order for everybody, so that two processes do not lock each other out.
  const ordered = ids.toSorted();
  const rows = await inChunks(ordered, (part) =>
    tx
      .selectFrom('payments')
      .select(['id', 'network'])
      .where('id', 'in', part)
      .where('state', 'in', ['claimed', 'prepared'])
      .orderBy('id')
      .$if(shared, (query) => query.forUpdate())
      .execute(),
  );
  // A statement of its own, so that it sees what was committed before the lock was granted.
  const carried = await inChunks(ordered, (part) =>
    tx
      .selectFrom('items')
      .innerJoin('transactions', 'transactions.hash', 'items.transaction_hash')
      .select('items.payment_id')
      .where('items.payment_id', 'in', part)
      .where(stillOpen)
      .execute(),
  );
  const preparable = new Map(rows.map((row) => [row.id, row.network]));
  for (const { payment_id } of carried) preparable.delete(payment_id);
  return preparable;
}

function unfit({ attempt }: Preparation, preparable: ReadonlyMap<string, string>): JournalError | undefined {
  if (new Set(attempt.items).size < attempt.items.length) return refused('A transaction names a payment twice.');
  const foreign = attempt.items.find((id) => preparable.has(id) && preparable.get(id) !== attempt.network);
  if (foreign !== undefined) return refused(`Payment ${foreign} is not on ${attempt.network}.`);
  const lost = attempt.items.find((id) => !preparable.has(id));
  if (lost !== undefined)
    return refused(`Payment ${lost} cannot be prepared: it is unknown, final, or carried by an open attempt.`);
  return undefined;
}

function taken({ attempt }: Preparation): JournalError {
  return refused(
    `Nonce ${attempt.nonce} of ${attempt.signer} on ${attempt.network}, or its transaction, is journaled.`,
  );
}

/** The hashes that went in. The others lost their nonce, or were there already. */
async function insertTransactions(tx: Writing, inputs: readonly Preparation[]): Promise<ReadonlySet<string>> {
  const stored = await inChunks(inputs, (part) =>
    tx
      .insertInto('transactions')
      .values(part.map((input) => input.row))
      .onConflict((conflict) => conflict.doNothing())
      .returning('hash')
      .execute(),
  );
  return new Set(stored.map(({ hash }) => hash));
}

async function insertItems(tx: Writing, inputs: readonly Preparation[]): Promise<void> {
  const rows = inputs.flatMap(({ attempt }) =>
    attempt.items.map((payment_id, at) => ({
      transaction_hash: attempt.hash,
      position: BigInt(at),
      payment_id,
    })),
  );
  await inChunks(rows, (part) =>
    tx
      .insertInto('items')
      .values([...part])
      .execute(),
  );
}

async function markPrepared(tx: Writing, inputs: readonly Preparation[]): Promise<void> {
  const pairs = inputs.flatMap(({ attempt }) => attempt.items.map((id) => sql`(${id}, ${attempt.hash})`));
  await inChunks(pairs, async (part) => {
    // `column1` and `column2` are what both stores call the columns of a VALUES list.
    const update = sql`
      update payments set state = 'prepared', transaction_hash = carrier.column2
      from (values ${sql.join(part)}) as carrier where payments.id = carrier.column1`;
    await update.execute(tx);
    return [];
  });
}
