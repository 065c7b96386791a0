/** The journal in PostgreSQL: one session writes, a small pool reads. Needs a direct connection or session pooling. */
import type { Clock } from '@facilitator/engine';
import { Kysely, PostgresDialect, sql } from 'kysely';
import { type ClientBase, Pool, type PoolConfig, types } from 'pg';
import { migrate } from '../migrations/migrate.ts';
import type { Schema } from '../schema.ts';
import type { Store } from '../store.ts';
import { commitCertain } from './commit-certain.ts';
import { takeExclusive } from './exclusive.ts';
import { judgePostgres, openingError } from './postgres-failure.ts';

export type PostgresOptions = {
  /** `postgres://user:password@host:port/database`, with the parameters that libpq knows. */
  readonly url: string;
  readonly clock: Clock;
  /** False lets several processes write, for tests of their races. */
  readonly exclusive: boolean;
  /** How long to wait at start for a predecessor to let go of the database. */
  readonly patienceMs: number;
};

const CONNECT_MS = 5_000;
const STATEMENT_MS = 5_000;
/** For a server that has stopped answering at all; longer, so that a live one speaks first. */
const ANSWER_MS = 8_000;
/** A process that hangs inside a transaction must not keep its row locks. */
const IDLE_IN_TRANSACTION_MS = 15_000;
const READERS = 4;
const INT8 = 20;

/** Throws `JournalError`. */
export async function openPostgres(options: PostgresOptions): Promise<Store> {
  const { url, clock, exclusive, patienceMs } = options;
  const writing = connect(url, {
    max: 1,
    // The writing session is kept: the lock that makes this process the only one hangs on it.
    idleTimeoutMillis: 0,
    onConnect: (client) => beginSession(client, exclusive ? patienceMs : undefined),
  });
  const reading = connect(url, { max: READERS });
  async function close(): Promise<void> {
    await Promise.all([writing.destroy(), reading.destroy()]);
  }
  try {
    const schema = await sql<{ name: string }>`select current_schema() as name`.execute(writing);
    await migrate(writing, { integer: 'bigint', tableEnd: sql``, schema: schema.rows[0]?.name });
  } catch (error) {
    await close();
    throw openingError(error);
  }
  return {
    reading,
    shared: true,
    begin: () => writing.startTransaction().setIsolationLevel('read committed').execute(),
    commit: (transaction) => commitCertain(transaction, reading, clock),
    judge: judgePostgres,
    close,
  };
}

function connect(url: string, config: PoolConfig): Kysely<Schema> {
  const pool = new Pool({
    connectionString: url,
    application_name: 'facilitator',
    connectionTimeoutMillis: CONNECT_MS,
    statement_timeout: STATEMENT_MS,
    query_timeout: ANSWER_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
    keepAlive: true,
    types: { getTypeParser: (oid, format) => (oid === INT8 ? BigInt : types.getTypeParser(oid, format)) },
    ...config,
  });
  // A broken connection fails the query that it carries, if any, and the pool drops it. Without a listener, both its
  // idle and its busy connections would end the process instead.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  return new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) });
}

/** Whatever the server's defaults are, a commit here is on disk before it is answered. */
async function beginSession(client: ClientBase, exclusivePatienceMs: number | undefined): Promise<void> {
  await client.query(
    `select set_config('synchronous_commit', 'on', false) where current_setting('synchronous_commit') = 'off'`,
  );
  if (exclusivePatienceMs !== undefined) await takeExclusive(client, exclusivePatienceMs);
}
