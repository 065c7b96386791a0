/** COMMIT that says what happened even when the connection breaks before the answer: the server is asked again. */
import type { Clock } from '@facilitator/engine';
import { type ControlledTransaction, type Kysely, sql } from 'kysely';
import { JournalError } from '../journal-error.ts';
import type { Schema } from '../schema.ts';

/** How long to look for a server that is gone, and how often. */
const PATIENCE_MS = 10_000;
const PAUSE_MS = 200;

/**
 * Resolves when the transaction is committed; `xid` is its id, undefined when it has written nothing. Rejects with the
 * error of COMMIT when it is certain that it is not, and with `JournalError` `uncertain` when nobody can say.
 */
export async function commitCertain(
  transaction: ControlledTransaction<Schema>,
  xid: string | undefined,
  reading: Kysely<Schema>,
  clock: Clock,
): Promise<void> {
  try {
    await transaction.commit().execute();
  } catch (error) {
    // Without an id nothing was written, so nothing can be lost.
    const fate = xid === undefined ? 'aborted' : await fateOf(xid, reading, clock);
    if (fate === 'aborted') throw error;
    if (fate === 'unknown')
      throw new JournalError('uncertain', 'PostgreSQL went away during a commit: the writes may or may not be stored.');
    // Committed. What is left of the session goes back to the pool, or out of it.
    await transaction
      .rollback()
      .execute()
      .catch(() => undefined);
  }
}

async function fateOf(
  xid: string,
  reading: Kysely<Schema>,
  clock: Clock,
): Promise<'committed' | 'aborted' | 'unknown'> {
  const until = clock.milliseconds() + PATIENCE_MS;
  for (;;) {
    const fate = await sql<{ fate: string | null }>`select pg_xact_status(${xid}::xid8) as fate`.execute(reading).then(
      ({ rows }) => rows[0]?.fate,
      () => 'unreachable',
    );
    if (fate === 'committed' || fate === 'aborted') return fate;
    // Too long ago to tell.
    if (fate === null || clock.milliseconds() > until) return 'unknown';
    const { promise, resolve } = Promise.withResolvers<void>();
    clock.after(PAUSE_MS, resolve);
    await promise;
  }
}
