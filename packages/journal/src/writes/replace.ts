/** Replacements: another transaction for the nonce of an open attempt, carrying what that one carries. */
import type { Attempt } from '@facilitator/engine';
import { sql } from 'kysely';
import { notWriting, refused } from '../journal-error.ts';
import type { SignedColumns } from '../record.ts';
import { stillOpen } from '../schema.ts';
import { type Apply, done, type Outcome, type Session } from '../write-kind.ts';

export type Replacement = {
  readonly over: string;
  readonly signed: SignedColumns;
  /** When it was begun: another process may have written since. */
  readonly since: number;
};

/** One after the other: replacements are rare, and each counts on the one before. */
export const applyReplacements: Apply<Replacement, Attempt> = async (session, inputs) => {
  const outcomes: Outcome<Attempt>[] = [];
  for (const input of inputs) outcomes.push(await applyReplacement(session, input));
  return outcomes;
};

async function applyReplacement(session: Session, { over, signed, since }: Replacement): Promise<Outcome<Attempt>> {
  const { tx, shared, peers, seal } = session;
  const replaced = await tx
    .selectFrom('transactions')
    .select(['network', 'signer', 'nonce'])
    .where('hash', '=', over)
    .where(stillOpen)
    .$if(shared, (query) => query.forUpdate())
    .executeTakeFirst();
  if (replaced === undefined) return refuse(`Transaction ${over} is not journaled, or not open any more.`);
  const { network, signer, nonce } = replaced;
  if (!peers.holds(network, since)) return { status: 'refused', error: notWriting(network) };
  const newest = await tx
    .selectFrom('transactions')
    .select('attempt')
    .where('network', '=', network)
    .where('signer', '=', signer)
    .where('nonce', '=', nonce)
    .orderBy('attempt', 'desc')
    .limit(1)
    .executeTakeFirstOrThrow();
  const stored = await tx
    .insertInto('transactions')
    .values({ ...signed, network, signer, nonce, attempt: newest.attempt + 1n })
    .onConflict((conflict) => conflict.doNothing())
    .returning('hash')
    .executeTakeFirst();
  if (stored === undefined) return refuse(`Transaction ${signed.hash} is journaled already.`);
  const items = await tx
    .insertInto('items')
    .columns(['transaction_hash', 'position', 'payment_id'])
    .expression((from) =>
      from
        .selectFrom('items')
        .select([sql<string>`${signed.hash}`.as('transaction_hash'), 'position', 'payment_id'])
        .where('transaction_hash', '=', over),
    )
    .returning(['position', 'payment_id'])
    .execute();
  const carried = items.toSorted((a, b) => Number(a.position - b.position)).map((item) => item.payment_id);
  // An open attempt keeps its payments from any other nonce, so all that are prepared are prepared by this one.
  const moved = await tx
    .updateTable('payments')
    .set({ transaction_hash: signed.hash })
    .where('id', 'in', (ids) => ids.selectFrom('items').select('payment_id').where('transaction_hash', '=', over))
    .where('state', '=', 'prepared')
    .returning(['id', 'owner'])
    .execute();
  seal.networks.add(network);
  for (const { id, owner } of moved) if (owner !== peers.self) seal.news.push({ network, id });
  return done({ network, signer, nonce, items: carried, hash: signed.hash, bytes: signed.bytes });
}

function refuse(message: string): Outcome<Attempt> {
  return { status: 'refused', error: refused(message) };
}
