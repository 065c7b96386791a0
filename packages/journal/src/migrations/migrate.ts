/** Brings a store to this code's schema, and refuses one that newer code has written. */
import { type Kysely, type RawBuilder, sql } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { JournalError } from '../journal-error.ts';
import type { Schema } from '../schema.ts';
import * as payments from './0001-payments.ts';

/** What the stores spell differently. */
export type Flavour = {
  /** A 64-bit signed integer. */
  readonly integer: 'integer' | 'bigint';
  /** What follows the closing bracket of `create table`. */
  readonly tableEnd: RawBuilder<unknown>;
  /** Where the tables live, if the store has schemas. */
  readonly schema: string | undefined;
};

const TABLE = 'journal_migrations';

/** In order. Names never change once released; new ones sort after all others. */
const MIGRATIONS = { '0001-payments': payments.up } as const satisfies Record<
  string,
  (db: Kysely<unknown>, flavour: Flavour) => Promise<void>
>;

/**
 * Runs what is missing, each store in one transaction. Throws `JournalError` `unusable` when the store knows migrations
 * that this code does not, and whatever the store throws.
 */
export async function migrate(db: Kysely<Schema>, flavour: Flavour): Promise<void> {
  const migrator = new Migrator({
    db,
    provider: {
      async getMigrations() {
        const entries = Object.entries(MIGRATIONS);
        return Object.fromEntries(
          entries.map(([name, up]): [string, Migration] => [name, { up: (on) => up(on, flavour) }]),
        );
      },
    },
    migrationTableName: TABLE,
    migrationLockTableName: `${TABLE}_lock`,
    ...(flavour.schema === undefined ? {} : { migrationTableSchema: flavour.schema }),
  });
  await missingMigrations(db, flavour.schema);
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;
}

/**
 * Names of what `migrate` would run; `schema` is where the tables live, if the store has schemas. Only reads. Throws
 * `JournalError` `unusable` when the store knows migrations that this code does not.
 */
export async function missingMigrations(db: Kysely<Schema>, schema: string | undefined): Promise<readonly string[]> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some((table) => table.name === TABLE && (schema === undefined || table.schema === schema)))
    return Object.keys(MIGRATIONS);
  const done = await sql<{ name: string }>`select name from ${sql.table(TABLE)} order by name`.execute(db);
  const unknown = done.rows.filter(({ name }) => !Object.hasOwn(MIGRATIONS, name));
  const known = new Set(done.rows.map(({ name }) => name));
  if (unknown.length === 0) return Object.keys(MIGRATIONS).filter((name) => !known.has(name));
  throw new JournalError(
    'unusable',
    `The journal was written by a newer version of the facilitator (schema ${unknown.map(({ name }) => name).join(', ')}). ` +
      'Run that version or a newer one; this one changed nothing.',
  );
}
