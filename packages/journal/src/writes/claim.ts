/** Claims: the anchor's and the key's UNIQUE decide, whoever else is writing. Those of processes that are gone hold nothing. */
import type { ClaimResult } from '@facilitator/engine';
import { inChunks } from '../chunks.ts';
import { JournalError } from '../journal-error.ts';
import { toPayment } from '../record.ts';
import type { PaymentsTable } from '../schema.ts';
import type { Writing } from '../store.ts';
import { type Apply, done, type Outcome, type Session } from '../write-kind.ts';

/** A claim loses to a row that is gone when it looks: more often than this only when something is badly wrong. */
const ROUNDS = 5;

export const applyClaims: Apply<PaymentsTable, ClaimResult> = async (session, rows) => {
  const { tx } = session;
  const outcomes = new Map<PaymentsTable, Outcome<ClaimResult>>();
  for (let round = 1; outcomes.size < rows.length && round <= ROUNDS; round++) {
    const open = rows.filter((row) => !outcomes.has(row));
    const inserted = await insert(tx, firstOfEach(open));
    for (const row of open) if (inserted.has(row)) outcomes.set(row, done({ status: 'claimed' }));
    const losers = open.filter((row) => !inserted.has(row));
    const holders = await find(session, losers);
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

/** Who has the ids and keys of these rows. */
async function find(session: Session, rows: readonly PaymentsTable[]): Promise<Holders> {
  const { tx } = session;
  const ids = rows.map((row) => row.id);
  const keys = rows.flatMap((row) => row.idempotency_key ?? []);
  const byId = await inChunks(ids, (part) => tx.selectFrom('payments').selectAll().where('id', 'in', part).execute());
  const byKey = await inChunks(keys, (part) =>
    tx.selectFrom('payments').selectAll().where('idempotency_key', 'in', part).execute(),
  );
  const forgotten = await forgetAbandoned(session, [...byId, ...byKey]);
  const held = (row: PaymentsTable) => !forgotten.has(row.id);
  return {
    byId: new Map(byId.filter(held).map((row) => [row.id, row])),
    byKey: new Map(byKey.filter(held).map((row) => [row.idempotency_key, row])),
  };
}

/** Claims whose process is gone: nothing was sent for them, and nobody will do anything about them any more. */
async function forgetAbandoned(
  { tx, peers }: Session,
  holders: readonly PaymentsTable[],
): Promise<ReadonlySet<string>> {
  const others = holders.filter((row) => row.state === 'claimed' && row.owner !== peers.self);
  if (others.length === 0) return new Set();
  const owners = await peers.gone(tx, [...new Set(others.map((row) => row.owner))]);
  const abandoned = others.filter((row) => owners.has(row.owner)).map((row) => row.id);
  await inChunks(abandoned, (part) =>
    tx
      .deleteFrom('payments')
      .where('id', 'in', part)
      .where('state', '=', 'claimed')
      .where('owner', 'in', [...owners])
      .execute(),
  );
  return new Set(abandoned);
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
