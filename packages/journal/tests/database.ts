/** A hand inside the database: who holds what there, and how a session ends that did not want to. */
import type { Caip2 } from '@facilitator/protocol';
import { newsChannel, WRITER_LOCKS, writerKey } from '../src/postgres/lock-keys.ts';
import type { Place } from './store-under-test.ts';

const SCHEMA = 'public';

/** Words that no process says. */
export function shout(place: Place, text: string): Promise<unknown> {
  return place.sql('select pg_notify($1, $2)', [newsChannel(SCHEMA), text]);
}

/** What finds the session that may write for a network, in SQL. */
export function writerSession(network: Caip2): string {
  // The key as `pg_locks` shows it: unsigned.
  return `select pid from pg_locks where locktype = 'advisory' and classid = ${WRITER_LOCKS} and granted
    and objid = ${writerKey(SCHEMA, network) >>> 0}`;
}

/** Ends the session that writes for a network, from the outside. */
export async function endWriter(place: Place, network: Caip2): Promise<void> {
  const rows = await place.sql(
    `select pg_terminate_backend(pid, 5000) as ended from (${writerSession(network)}) as it`,
  );
  if (rows.length !== 1) throw new Error(`${rows.length} sessions write for ${network}`);
}

/** Ends the connections that listen, and answers how many there were. */
export async function endListeners(place: Place): Promise<number> {
  const rows = await place.sql(`select pg_terminate_backend(pid, 5000) as ended from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and (query like 'listen %' or query = 'select 1')`);
  return rows.length;
}
