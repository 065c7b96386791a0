/** Idempotency keys that come with a retry: the answer is theirs from then on, and a success that nobody was told. */
import { sql } from 'kysely';
import { type Apply, done, type Outcome } from '../write-kind.ts';

export type Keying = { readonly id: string; readonly key: string };

/** One by one: they are rare, and each may be in the way of the next. */
export const applyKeyings: Apply<Keying, boolean> = async ({ tx }, inputs) => {
  const outcomes: Outcome<boolean>[] = [];
  for (const { id, key } of inputs) {
    const keyed = await tx
      .updateTable('payments')
      .set({ idempotency_key: key, delivered: sql<bigint>`case when state = 'settled' then 1 else 0 end` })
      .where('id', '=', id)
      .where('idempotency_key', 'is', null)
      .where('delivered', '=', 0n)
      .where('state', '!=', 'failed')
      .where(({ not, exists, selectFrom }) =>
        not(exists(selectFrom('payments as other').select('other.id').where('other.idempotency_key', '=', key))),
      )
      .returning('id')
      .executeTakeFirst();
    outcomes.push(done(keyed !== undefined));
  }
  return outcomes;
};
