/** Resolutions: an attempt's outcome and the payments it decided, in one write. */
import type { Ended } from '@facilitator/engine';
import { sql } from 'kysely';
import { inChunks } from '../chunks.ts';
import { type JournalError, refused } from '../journal-error.ts';
import type { Closing, Ending } from '../record.ts';
import { stillOpen, type TransactionsTable } from '../schema.ts';
import type { Writing } from '../store.ts';
import { type Apply, done, type Outcome, type Session } from '../write-kind.ts';
import { endPayments } from './end-payments.ts';

export type Resolution = {
  readonly hash: string;
  readonly closing: Closing;
  readonly endings: readonly Ending[];
};

/** An attempt as a resolution meets it. */
type Met = {
  outcome: TransactionsTable['outcome'];
  /** Its nonce: the same for all that may replace each other. */
  readonly slot: string;
  /** 0 for the first that was signed for its nonce. */
  readonly attempt: bigint;
  readonly carries: ReadonlySet<string>;
};

export const applyResolutions: Apply<Resolution, readonly Ended[]> = async (session, inputs) => {
  const attempts = await meet(session, [...new Set(inputs.map((input) => input.hash))]);
  const faults = new Map<Resolution, JournalError>();
  const deciding: Resolution[] = [];
  const unseating: string[] = [];
  const told: Resolution[] = [];
  for (const input of inputs) {
    const attempt = attempts.get(input.hash);
    const fault =
      attempt === undefined ? refused(`Transaction ${input.hash} is not journaled.`) : clash(input, attempt);
    if (attempt === undefined || fault !== undefined) {
      if (fault !== undefined) faults.set(input, fault);
      continue;
    }
    if (attempt.outcome === 'open') {
      deciding.push(input);
      const isIncluded = input.closing.outcome === 'included';
      if (isIncluded && attempt.attempt > 0n) unseating.push(input.hash);
      for (const each of attempts.values())
        if (each.slot === attempt.slot && (each.outcome === 'open' || isIncluded)) each.outcome = 'superseded';
      attempt.outcome = input.closing.outcome;
    }
    told.push(input);
  }
  await unseat(session.tx, unseating);
  await closeAttempts(session.tx, deciding);
  const words = [
    ...(await endPayments(
      session,
      told.flatMap(({ endings }) => endings),
    )),
  ];
  const ends = new Map(told.map((input) => [input, words.splice(0, input.endings.length)]));
  return inputs.map((input): Outcome<readonly Ended[]> => {
    const error = faults.get(input);
    return error === undefined ? done(ends.get(input) ?? []) : { status: 'refused', error };
  });
};

async function meet({ tx, shared }: Session, hashes: readonly string[]): Promise<ReadonlyMap<string, Met>> {
  const ordered = hashes.toSorted();
  const found = await inChunks(ordered, (part) =>
    tx
      .selectFrom('transactions')
      .select(['hash', 'outcome', 'network', 'signer', 'nonce', 'attempt'])
      .where('hash', 'in', part)
      .orderBy('hash')
      .$if(shared, (query) => query.forUpdate())
      .execute(),
  );
  const items = await inChunks(ordered, (part) =>
    tx.selectFrom('items').select(['transaction_hash', 'payment_id']).where('transaction_hash', 'in', part).execute(),
  );
  const carries = Map.groupBy(items, (item) => item.transaction_hash);
  return new Map(
    found.map(({ hash, outcome, network, signer, nonce, attempt }) => [
      hash,
      {
        ...{ outcome, attempt },
        slot: `${network} ${signer} ${nonce}`,
        carries: new Set(carries.get(hash)?.map((item) => item.payment_id)),
      },
    ]),
  );
}

/** The same outcome may be told again; another one would mean that the first was no evidence. */
function clash({ hash, closing, endings }: Resolution, attempt: Met): JournalError | undefined {
  if (attempt.outcome !== 'open' && attempt.outcome !== closing.outcome)
    return refused(`Transaction ${hash} is ${attempt.outcome} already and cannot become ${closing.outcome}.`);
  const foreign = endings.find(({ id }) => !attempt.carries.has(id));
  if (foreign !== undefined) return refused(`Transaction ${hash} does not carry payment ${foreign.id}.`);
  if (new Set(endings.map(({ id }) => id)).size < endings.length)
    return refused(`Transaction ${hash} concludes a payment twice.`);
  return undefined;
}

/** What was included at these nonces before a reorganisation is so no more. */
async function unseat(tx: Writing, hashes: readonly string[]): Promise<void> {
  await inChunks(
    hashes.map((hash) => sql`${hash}`),
    async (part) => {
      const update = sql`
      update transactions set outcome = 'superseded', block = null, cost = null
      from transactions as closed
      where closed.hash in (${sql.join(part)}) and transactions.hash <> closed.hash and transactions.outcome = 'included'
        and transactions.network = closed.network and transactions.signer = closed.signer
        and transactions.nonce = closed.nonce`;
      await update.execute(tx);
      return [];
    },
  );
}

async function closeAttempts(tx: Writing, inputs: readonly Resolution[]): Promise<void> {
  const rows = inputs.map(({ hash, closing }) => sql`(${hash}, ${closing.outcome}, ${closing.block}, ${closing.cost})`);
  await inChunks(rows, async (part) => {
    const update = sql`
      update transactions set
        outcome = closed.column2,
        block = cast(closed.column3 as bigint),
        cost = closed.column4,
        bytes = null
      from (values ${sql.join(part)}) as closed
      where transactions.hash = closed.column1 and ${stillOpen}`;
    await update.execute(tx);
    return [];
  });
  // At most one transaction of a nonce is ever included, so the others have their outcome with it.
  const hashes = inputs.map(({ hash }) => sql`${hash}`);
  await inChunks(hashes, async (part) => {
    const supersede = sql`
      update transactions set outcome = 'superseded', bytes = null
      from transactions as closed
      where closed.hash in (${sql.join(part)}) and ${stillOpen}
        and transactions.network = closed.network and transactions.signer = closed.signer
        and transactions.nonce = closed.nonce`;
    await supersede.execute(tx);
    return [];
  });
}
