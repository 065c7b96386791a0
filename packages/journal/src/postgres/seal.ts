/** The last statement before COMMIT: tells the others, makes sure of the right to write, and asks what the transaction is called. */
import { type ControlledTransaction, sql } from 'kysely';
import type { Schema } from '../schema.ts';
import { WRITER_LOCKS } from './lock-keys.ts';

export type Sealed = {
  /** The transaction's id; undefined when it has written nothing. */
  readonly xid: string | undefined;
  /** False when another session has one of the locks. */
  readonly held: boolean;
};

export async function sealTransaction(
  transaction: ControlledTransaction<Schema>,
  what: { readonly channel: string; readonly news: readonly string[]; readonly writerKeys: readonly number[] },
): Promise<Sealed> {
  // The session has these locks already, so taking them again always succeeds, unless a pooler gave it another's place.
  const asked = sql<{ xid: string | null; held: boolean }>`
    select
      pg_current_xact_id_if_assigned()::text as xid,
      (select coalesce(bool_and(pg_try_advisory_xact_lock(${WRITER_LOCKS}, key)), true)
        from unnest(${what.writerKeys}::int[]) as key) as held,
      (select count(pg_notify(${what.channel}, text)) from unnest(${what.news}::text[]) as text) as told`;
  const [row] = (await asked.execute(transaction)).rows;
  return { xid: row?.xid ?? undefined, held: row?.held ?? false };
}
