/** A look at the journal's database in sessions that can only read. */
import { sql } from 'kysely';
import type { Inspection } from '../inspect-journal.ts';
import { missingMigrations } from '../migrations/migrate.ts';
import { countUnfinished } from '../reads.ts';
import type { Reading } from '../store.ts';
import { kyselyOver, openPool, schemaOf } from './open-postgres.ts';
import { openingError } from './postgres-failure.ts';

/** Throws `JournalError`. */
export async function inspectPostgres(url: string): Promise<Omit<Inspection, 'store'>> {
  const db = kyselyOver(
    openPool(url, {
      max: 1,
      async onConnect(client) {
        await client.query('set default_transaction_read_only = on');
      },
    }),
  );
  try {
    const schema = await schemaOf(db);
    const problems = await problemsOf(db, schema);
    const migrations = await missingMigrations(db, schema);
    const isNew = migrations.includes('0001-payments');
    return {
      status: isNew ? 'new' : 'there',
      migrations: isNew ? [] : migrations,
      unfinished: isNew ? 0 : await countUnfinished(db),
      problems,
    };
  } catch (error) {
    throw openingError(error);
  } finally {
    await db.destroy();
  }
}

async function problemsOf(db: Reading, schema: string): Promise<readonly string[]> {
  const { rows } = await sql<{ fsync: string; standby: boolean; creates: boolean }>`
    select current_setting('fsync') as fsync, pg_is_in_recovery() as standby,
      has_schema_privilege(${schema}, 'CREATE') as creates`.execute(db);
  const [found] = rows;
  return [
    ...(found?.fsync === 'off' ? ['fsync is off: a power cut loses payments that were told. Turn it on.'] : []),
    ...(found?.standby === true ? ['This is a standby, which cannot be written. Name the primary.'] : []),
    ...(found?.creates === false ? ['Its user may not create tables in this schema. Grant CREATE.'] : []),
  ];
}
