/** The one statement that makes prepared payments final, and what has to hold before it does. */
import type { Ended } from '@facilitator/engine';
import { sql } from 'kysely';
import { inChunks } from '../chunks.ts';
import { type Ending, evidenceOf } from '../record.ts';
import type { PaymentsTable } from '../schema.ts';
import type { Session } from '../write-kind.ts';

/** Applies endings as if one after the other. Answers one word per ending, in order. */
export async function endPayments(session: Session, endings: readonly Ending[]): Promise<readonly Ended[]> {
  const { prepared, taken } = await whatHolds(session, endings);
  const chosen = new Map<string, Ending>();
  const words = endings.map((each): Ended => {
    const network = prepared.get(each.id);
    // The first word on a payment holds; a later one in the same group finds it ended.
    if (network === undefined || chosen.has(each.id)) return 'known';
    const evidence = evidenceOf(each);
    if (evidence !== undefined && taken.has(`${network} ${evidence}`)) return 'taken';
    if (evidence !== undefined) taken.add(`${network} ${evidence}`);
    chosen.set(each.id, each);
    return 'ended';
  });
  const ended = await write(session, [...chosen.values()]);
  // Another process may have been first.
  return words.map((word, at) => (word === 'ended' && !ended.has(endings[at]?.id ?? '') ? 'known' : word));
}

/** Which of these payments can still end, with their networks, and which of the transfers have paid another one. */
async function whatHolds({ tx }: Session, endings: readonly Ending[]) {
  const found = await inChunks(endings, async (part) => {
    const rows = part.map((row) => sql`(${row.id}, ${row.transaction_hash}, ${row.log_index})`);
    const look = sql<
      Pick<PaymentsTable, 'id' | 'network'> & { readonly evidence: string; readonly holder: string | null }
    >`
      select own.id, own.network, other.id as holder,
        coalesce(ended.column2, '') || '#' || coalesce(ended.column3, '') as evidence
      from (values ${sql.join(rows)}) as ended
      join payments as own on own.id = ended.column1 and own.state = 'prepared'
      left join payments as other on other.transaction_hash = ended.column2
        and other.log_index = cast(ended.column3 as bigint) and other.network = own.network`;
    return (await look.execute(tx)).rows;
  });
  const holders = found.filter(({ holder }) => holder !== null);
  return {
    prepared: new Map(found.map(({ id, network }) => [id, network])),
    taken: new Set(holders.map(({ network, evidence }) => `${network} ${evidence}`)),
  };
}

/** Answers which of them were still `prepared`, and have ended. */
async function write({ tx, peers, seal }: Session, endings: readonly Ending[]): Promise<ReadonlySet<string>> {
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
