/**
 * The journal in PostgreSQL, for one process or several: one session writes, a small pool reads, one connection hears what
 * the other processes tell. Needs direct connections or session pooling.
 */
import type { Clock } from '@facilitator/engine';
import { Kysely, PostgresDialect, sql } from 'kysely';
import { Client, type ClientBase, type ClientConfig, Pool, type PoolConfig, types } from 'pg';
import { JournalError } from '../journal-error.ts';
import { migrate } from '../migrations/migrate.ts';
import type { Schema } from '../schema.ts';
import type { Reading, Store, Writing } from '../store.ts';
import { commitCertain } from './commit-certain.ts';
import { freedChannel, newsChannel, OWNER_LOCKS, PRUNING_LOCKS, pruningKey, writerKey } from './lock-keys.ts';
import { type NewsWire, newsText, openNewsWire } from './news-wire.ts';
import { judgePostgres, openingError } from './postgres-failure.ts';
import { sealTransaction } from './seal.ts';
import { createWriteRights } from './write-rights.ts';

export type PostgresOptions = {
  /** `postgres://user:password@host:port/database`, with the parameters that libpq knows. */
  readonly url: string;
  readonly clock: Clock;
  /** This process's number among all that ever used the database: at least 1, below 2^31. */
  readonly self: bigint;
};

const CONNECT_MS = 5_000;
const STATEMENT_MS = 5_000;
/** For a server that has stopped answering at all; longer, so that a live one speaks first. */
const ANSWER_MS = 8_000;
/** A process that hangs inside a transaction must not keep its row locks. */
const IDLE_IN_TRANSACTION_MS = 10_000;
/** A process that is frozen keeps its connection: after so long without a word it loses what it holds. */
const LEASE = '10s';
const READERS = 4;
const INT8 = 20;

/** Throws `JournalError`. */
export async function openPostgres({ url, clock, self }: PostgresOptions): Promise<Store> {
  const reading = kyselyOver(openPool(url, { max: READERS }));
  let wire: NewsWire | undefined;
  let writing: Kysely<Schema> | undefined;
  async function closeConnections(): Promise<void> {
    await Promise.all([wire?.stop(), writing?.destroy(), reading.destroy()]);
  }
  try {
    const schema = await schemaOf(reading);
    const channel = newsChannel(schema);
    const pool = openPool(url, {
      max: 1,
      // The writing session is kept: everything that this process holds hangs on it.
      idleTimeoutMillis: 0,
      async onConnect(client) {
        await beginSession(client, self);
        rights.began(client);
      },
    });
    const rights = createWriteRights({
      connect: () => pool.connect(),
      clock,
      keyOf: (network) => writerKey(schema, network),
      freedChannel: freedChannel(schema),
    });
    const session = kyselyOver(pool);
    writing = session;
    await migrate(session, { integer: 'bigint', tableEnd: sql``, schema });
    wire = await openNewsWire({
      ...{ clock, self },
      client: () => new Client(connection(url)),
      newsChannel: channel,
      freedChannel: freedChannel(schema),
      onFreed: rights.freed,
    });
    return {
      reading,
      shared: true,
      peers: {
        self,
        moment: rights.moment,
        holds: rights.holds,
        compete: rights.compete,
        listen: wire.listen,
        prunes: (over) => lockedNow(over, pruningKey(schema)),
        gone: goneAmong,
      },
      begin: () => session.startTransaction().setIsolationLevel('read committed').execute(),
      async commit(transaction, { news, networks }) {
        const { xid, held } = await sealTransaction(transaction, {
          channel,
          news: [...new Set(news.map((told) => newsText(self, told)))],
          writerKeys: [...networks].map((network) => writerKey(schema, network)),
        });
        if (!held) {
          rights.disproved();
          throw new JournalError('unavailable', 'PostgreSQL gave the right to write to another session.');
        }
        await commitCertain(transaction, xid, reading, clock);
      },
      judge: judgePostgres,
      async close() {
        await rights.stop();
        await closeConnections();
      },
    };
  } catch (error) {
    await closeConnections();
    throw openingError(error);
  }
}

export function openPool(url: string, config: PoolConfig): Pool {
  const pool = new Pool({ ...connection(url), ...config });
  // A broken connection fails the query that it carries, if any, and the pool drops it. Without a listener, both its
  // idle and its busy connections would end the process instead.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

function connection(url: string): ClientConfig {
  return {
    connectionString: url,
    application_name: 'facilitator',
    connectionTimeoutMillis: CONNECT_MS,
    statement_timeout: STATEMENT_MS,
    query_timeout: ANSWER_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
    keepAlive: true,
    types: { getTypeParser: (oid, format) => (oid === INT8 ? BigInt : types.getTypeParser(oid, format)) },
  };
}

export function kyselyOver(pool: Pool): Kysely<Schema> {
  return new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) });
}

export async function schemaOf(reading: Reading): Promise<string> {
  const { rows } = await sql<{ name: string | null }>`select current_schema() as name`.execute(reading);
  const name = rows[0]?.name;
  if (name === undefined || name === null)
    throw new JournalError('unusable', 'The journal cannot be opened: no schema to create tables in.');
  return name;
}

async function beginSession(client: ClientBase, self: bigint): Promise<void> {
  // A process whose machine vanished would hold its locks for hours: the server is to notice within half a minute.
  await client.query('set tcp_keepalives_idle = 15; set tcp_keepalives_interval = 5; set tcp_keepalives_count = 3');
  // Whatever the server's defaults are, a commit here is on disk before it is answered.
  await client.query(
    `select set_config('synchronous_commit', 'on', false) where current_setting('synchronous_commit') = 'off'`,
  );
  // PostgreSQL 13 does not know it.
  await client.query(`select set_config(name, '${LEASE}', false) from pg_settings where name = 'idle_session_timeout'`);
  // Says that this process lives. Shared, so that a session that is dying somewhere never keeps its successor waiting.
  await client.query('select pg_advisory_lock_shared($1, $2)', [OWNER_LOCKS, self]);
}

async function lockedNow(transaction: Writing, key: number): Promise<boolean> {
  const asked = sql<{ locked: boolean }>`select pg_try_advisory_xact_lock(${PRUNING_LOCKS}, ${key}) as locked`;
  return (await asked.execute(transaction)).rows[0]?.locked === true;
}

/** Those of `owners` for whom no session says that they live. */
async function goneAmong(over: Reading, owners: readonly bigint[]): Promise<ReadonlySet<bigint>> {
  const alive = await sql<{ owner: bigint }>`
    select objid::bigint as owner from pg_locks
    where locktype = 'advisory' and classid = ${OWNER_LOCKS} and objsubid = 2 and granted
      and database = (select oid from pg_database where datname = current_database())`.execute(over);
  const living = new Set(alive.rows.map(({ owner }) => owner));
  return new Set(owners.filter((owner) => !living.has(owner)));
}
