/**
 * One facilitator process per database. The lock belongs to the very session that writes: when the session ends, however
 * it ends, the lock and the ability to write end together.
 */
import type { ClientBase } from 'pg';
import { JournalError } from '../journal-error.ts';
import { isLockTimeout } from './postgres-failure.ts';

/** Below the deadline of a statement. */
const MOST_PATIENCE_MS = 4_000;

/** "x402" in ASCII: tells this lock from those of other programs in the same database. */
const LOCK_SPACE = 0x78343032;

/**
 * Takes the database's lock for `client`, waiting up to `patienceMs`, at most four seconds, for a predecessor that is
 * just going away. Throws `JournalError` `in-use` when another process keeps it.
 */
export async function takeExclusive(client: ClientBase, patienceMs: number): Promise<void> {
  // A predecessor whose machine vanished would hold it for hours: the server is to notice within half a minute.
  await client.query('set tcp_keepalives_idle = 15; set tcp_keepalives_interval = 5; set tcp_keepalives_count = 3');
  const patience = Math.max(1, Math.min(MOST_PATIENCE_MS, Math.trunc(patienceMs)));
  await client.query(`set lock_timeout = ${patience}`);
  try {
    await client.query(`select pg_advisory_lock(${LOCK_SPACE}, hashtext(current_schema()))`);
  } catch (error) {
    if (!isLockTimeout(error)) throw error;
    throw new JournalError(
      'in-use',
      'Another facilitator process holds this journal database. Stop that one first, or give this one a database of its ' +
        'own: one process per database.',
    );
  }
  await client.query('reset lock_timeout');
}
