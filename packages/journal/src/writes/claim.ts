/** Claims: the anchor's and the key's UNIQUE decide, whoever else is writing. */
import type { ClaimResult } from '@facilitator/engine';
import { inChunks } from '../chunks.ts';
import { JournalError } from '../journal-error.ts';
import { toPayment } from '../record.ts';
import type { PaymentsTable } from '../schema.ts';
import type { Writing } from '../store.ts';
import { type Apply, done, type Outcome } from '../write-kind.ts';

/** A claim loses to a row that is gone when it looks: more often than this only when something is badly wrong. */
const ROUNDS = 5;

export const applyClaims: Apply<PaymentsTable, ClaimResult> = async ({ tx }, rows) => {
  const outcomes = new Map<PaymentsTable, Outcome<ClaimResult>>();
  for (let round = 1; outcomes.size < rows.length && round <= ROUNDS; round++) {
    const open = rows.filter((row) => !outcomes.has(row));
    const inserted = await insert(tx, firstOfEach(open));
    for (const row of open) if (inserted.has(row)) outcomes.set(row, done({ status: 'claimed' }));
    const losers = open.filter((row) => !inserted.has(row));
    const holders = await find(tx, losers);
    for (const row of losers) {
      const result = lost(row, holders);
      if (result !== undefined) outcomes.set(row, done(result));
    }
  }
  return rows.map((row) => outcomes.get(row) ?? { status: 'refused', error: busy() });
};

/** Of claims that share an id or a key, only the first may go into the statement. */
function firstOfEach(rows: readonly PaymentsTable[]): readonly PaymentsTable[] {
  const ids = new Set<string>();
  const keys = new Set<string>();
  return rows.filter((row) => {
    const key = row.idempotency_key;
    if (ids.has(row.id) || (key !== null && keys.has(key))) return false;
    ids.add(row.id);
    if (key !== null) keys.add(key);
    return true;
  });
}

async function insert(tx: Writing, rows: readonly PaymentsTable[]): Promise<ReadonlySet<PaymentsTable>> {
  // Everybody inserts in the same order, so that two processes rarely wait for each other.
  const ordered = rows.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const stored = await inChunks(ordered, (part) =>
    tx
      .insertInto('payments')
      .values([...part])
      .onConflict((conflict) => conflict.doNothing())
      .returning('id')
      .execute(),
  );
  const ids = new Set(stored.map(({ id }) => id));
  return new Set(rows.filter((row) => ids.has(row.id)));
}

type Holders = {
  readonly byId: ReadonlyMap<string, PaymentsTable>;
  readonly byKey: ReadonlyMap<string | null, PaymentsTable>;
};

async function find(tx: Writing, rows: readonly PaymentsTable[]): Promise<Holders> {
  const ids = rows.map((row) => row.id);
  const keys = rows.flatMap((row) => row.idempotency_key ?? []);
  const byId = await inChunks(ids, (part) => tx.selectFrom('payments').selectAll().where('id', 'in', part).execute());
  const byKey = await inChunks(keys, (part) =>
    tx.selectFrom('payments').selectAll().where('idempotency_key', 'in', part).execute(),
  );
  return {
    byId: new Map(byId.map((row) => [row.id, row])),
    byKey: new Map(byKey.map((row) => [row.idempotency_key, row])),
  };
}

/** A key that is another payment's goes first: that answer hands nothing out. */
function lost(row: PaymentsTable, holders: Holders): ClaimResult | undefined {
  const keyHolder = row.idempotency_key === null ? undefined : holders.byKey.get(row.idempotency_key);
  if (keyHolder !== undefined && keyHolder.id !== row.id) return { status: 'key-conflict' };
  const holder = holders.byId.get(row.id);
  return holder === undefined ? undefined : { status: 'taken', payment: toPayment(holder) };
}

function busy(): JournalError {
  return new JournalError('unavailable', 'The claim kept meeting others that were released meanwhile.');
}
