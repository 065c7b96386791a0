/** Prepares: transaction, items and the payments' new state in one write, after the bytes were signed. */
import type { Attempt, Item, Preparation } from '@facilitator/engine';
import { sql } from 'kysely';
import { inChunks } from '../chunks.ts';
import { type JournalError, notWriting, refused } from '../journal-error.ts';
import { type PaymentsTable, stillOpen, type TransactionsTable } from '../schema.ts';
import type { Writing } from '../store.ts';
import { type Apply, done, type Outcome, type Session } from '../write-kind.ts';

export type Proposal = {
  readonly attempt: Attempt;
  readonly items: readonly Item[];
  readonly row: TransactionsTable;
  /** When it was begun: whoever wrote since may have given its nonce away. */
  readonly since: number;
};

/** A payment that may be prepared, or would be if no open attempt carried it. */
type Ready = Pick<PaymentsTable, 'network' | 'fingerprint' | 'owner'> & { carried: boolean };

export const applyPreparations: Apply<Proposal, Preparation> = async (session, inputs) => {
  const ready = await findReady(session, [...new Set(inputs.flatMap((input) => input.attempt.items))]);
  const hashes = new Set<string>();
  const outcomes = new Map<Proposal, Outcome<Preparation>>();
  for (const input of inputs) {
    const outcome = hashes.has(input.row.hash) ? taken(input) : unfit(session, input, ready);
    if (outcome !== undefined) outcomes.set(input, outcome);
    // Whatever goes in now is carried by an open attempt for the next.
    else for (const id of input.attempt.items) mark(ready.get(id));
    hashes.add(input.row.hash);
  }
  const fit = inputs.filter((input) => !outcomes.has(input));
  const stored = await insertTransactions(session.tx, fit);
  const won = fit.filter((input) => stored.has(input.row.hash));
  await insertItems(session.tx, won);
  await markPrepared(session.tx, won);
  for (const { attempt } of won) seal(session, attempt, ready);
  return inputs.map((input) => outcomes.get(input) ?? (stored.has(input.row.hash) ? prepared(input) : taken(input)));
};

/** Payments that are `queued` or `prepared`, and the claims of this very process. */
async function findReady({ tx, shared, peers }: Session, ids: readonly string[]): Promise<Map<string, Ready>> {
  // In one order for everybody, so that two processes do not lock each other out.
  const ordered = ids.toSorted();
  const rows = await inChunks(ordered, (part) =>
    tx
      .selectFrom('payments')
      .select(['id', 'network', 'fingerprint', 'state', 'owner'])
      .where('id', 'in', part)
      .where('state', 'in', ['claimed', 'queued', 'prepared'])
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
  const mine = rows.filter((row) => row.state !== 'claimed' || row.owner === peers.self);
  const ready = new Map(mine.map((row) => [row.id, { ...row, carried: false }]));
  for (const { payment_id } of carried) mark(ready.get(payment_id));
  return ready;
}

function mark(payment: Ready | undefined): void {
  if (payment !== undefined) payment.carried = true;
}

function unfit(
  { peers }: Session,
  { attempt, items, since }: Proposal,
  ready: ReadonlyMap<string, Ready>,
): Outcome<Preparation> | undefined {
  const { network } = attempt;
  if (!peers.holds(network, since)) return { status: 'refused', error: notWriting(network) };
  if (new Set(attempt.items).size < attempt.items.length) return refuse('A transaction names a payment twice.');
  const foreign = attempt.items.find((id) => (ready.get(id)?.network ?? network) !== network);
  if (foreign !== undefined) return refuse(`Payment ${foreign} is not on ${network}.`);
  const gone = items.filter(({ id, fingerprint }) => {
    const payment = ready.get(id);
    return payment?.fingerprint !== fingerprint || payment.carried;
  });
  return gone.length === 0 ? undefined : done({ status: 'gone', ids: gone.map(({ id }) => id) });
}

function prepared({ attempt }: Proposal): Outcome<Preparation> {
  return done({ status: 'prepared', attempt });
}

function taken({ attempt }: Proposal): Outcome<Preparation> {
  return refuse(`Nonce ${attempt.nonce} of ${attempt.signer} on ${attempt.network}, or its transaction, is journaled.`);
}

function refuse(message: string): { readonly status: 'refused'; readonly error: JournalError } {
  return { status: 'refused', error: refused(message) };
}

function seal({ seal: { networks, news }, peers }: Session, attempt: Attempt, ready: ReadonlyMap<string, Ready>): void {
  const { network } = attempt;
  networks.add(network);
  for (const id of attempt.items) if (ready.get(id)?.owner !== peers.self) news.push({ network, id });
}

/** The hashes that went in. The others lost their nonce, or were there already. */
async function insertTransactions(tx: Writing, inputs: readonly Proposal[]): Promise<ReadonlySet<string>> {
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

async function insertItems(tx: Writing, inputs: readonly Proposal[]): Promise<void> {
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

async function markPrepared(tx: Writing, inputs: readonly Proposal[]): Promise<void> {
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
