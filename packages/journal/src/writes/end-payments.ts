/** The one statement that makes prepared payments final. */
import { sql } from 'kysely';
import { inChunks } from '../chunks.ts';
import type { Ending } from '../record.ts';
import type { PaymentsTable } from '../schema.ts';
import type { Session } from '../write-kind.ts';

/** Ends those that are still `prepared` and answers which. Each id at most once in `endings`. */
export async function endPayments({ tx, peers, seal }: Session, endings: readonly Ending[]): Promise<Set<string>> {
  const ordered = endings.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const ended = await inChunks(ordered, async (part) => {
    const rows = part.map(
      (row) =>
        sql`(${row.id}, ${row.state}, ${row.transaction_hash}, ${row.log_index}, ${row.authorization_nonce},
             ${row.batch_size}, ${row.reason}, ${row.message}, ${row.delivered}, ${row.concluded_at})`,
    );
    // PostgreSQL takes bare parameters for text, so the integers are cast; `column1`... is what both stores call them.
    const update = sql<Pick<PaymentsTable, 'id' | 'network' | 'owner'>>`
      update payments set
        state = ended.column2,
        transaction_hash = ended.column3,
        log_index = cast(ended.column4 as bigint),
        authorization_nonce = ended.column5,
        batch_size = cast(ended.column6 as bigint),
        reason = ended.column7,
        message = ended.column8,
        delivered = cast(ended.column9 as bigint),
        concluded_at = cast(ended.column10 as bigint),
        stored_authorization = null
      from (values ${sql.join(rows)}) as ended
      where payments.id = ended.column1 and payments.state = 'prepared'
      returning payments.id, payments.network, payments.owner`;
    return (await update.execute(tx)).rows;
  });
  for (const { network, id, owner } of ended) if (owner !== peers.self) seal.news.push({ network, id });
  return new Set(ended.map(({ id }) => id));
}
