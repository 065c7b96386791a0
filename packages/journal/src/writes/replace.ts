/** Replacements: another transaction for the nonce of an open attempt, carrying what that one carries. */
import type { Attempt, Signed } from '@facilitator/engine';
import type { Seconds } from '@facilitator/protocol';
import { sql } from 'kysely';
import { type JournalError, refused } from '../journal-error.ts';
import { attemptRow } from '../record.ts';
import { openTransaction } from '../schema.ts';
import { type Apply, done, type Outcome, type Session } from '../write-kind.ts';

export type Replacement = { readonly over: string; readonly signed: Signed; readonly now: Seconds };

/** One after the other: replacements are rare, and each counts on the one before. */
export const applyReplacements: Apply<Replacement, Attempt> = async (session, inputs) => {
  const outcomes: Outcome<Attempt>[] = [];
  for (const input of inputs) outcomes.push(await applyReplacement(session, input));
  return outcomes;
};

async function applyReplacement(
  { tx, shared }: Session,
  { over, signed, now }: Replacement,
): Promise<Outcome<Attempt>> {
  const replaced = await tx
    .selectFrom('transactions')
    .select(['network', 'signer', 'nonce'])
    .where('hash', '=', over)
    .where(openTransaction)
    .$if(shared, (query) => query.forUpdate())
    .executeTakeFirst();
  if (replaced === undefined) return fault(refused(`Transaction ${over} is not journaled, or not open any more.`));
  const { network, signer, nonce } = replaced;
  const newest = await tx
    .selectFrom('transactions')
    .select('attempt')
    .where('network', '=', network)
    .where('signer', '=', signer)
    .where('nonce', '=', nonce)
    .orderBy('attempt', 'desc')
    .limit(1)
    .executeTakeFirstOrThrow();
  const carried = await tx
    .selectFrom('items')
    .select('payment_id')
    .where('transaction_hash', '=', over)
    .orderBy('position')
    .execute();
  const items = carried.map((item) => item.payment_id);
  const attempt: Attempt = { network, signer, nonce, items, ...signed };
  const stored = await tx
    .insertInto('transactions')
    .values({ ...attemptRow(attempt, now), attempt: newest.attempt + 1n })
    .onConflict((conflict) => conflict.doNothing())
    .returning('hash')
    .executeTakeFirst();
  if (stored === undefined) return fault(refused(`Transaction ${signed.hash} is journaled already.`));
  await sql`
    insert into items (transaction_hash, position, payment_id)
    select ${signed.hash}, position, payment_id from items where transaction_hash = ${over}`.execute(tx);
  await tx
    .updateTable('payments')
    .set({ transaction_hash: signed.hash })
    .where('transaction_hash', '=', over)
    .where('state', '=', 'prepared')
    .execute();
  return done(attempt);
}

function fault(error: JournalError): Outcome<Attempt> {
  return { status: 'refused', error };
}
