/** A look at the journal's file, which stays as it is. */
import { accessSync, constants, existsSync, rmSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { Kysely } from 'kysely';
import type { Inspection } from '../inspect-journal.ts';
import { JournalError } from '../journal-error.ts';
import { missingMigrations } from '../migrations/migrate.ts';
import { countUnfinished } from '../reads.ts';
import type { Schema } from '../schema.ts';
import { nodeSqliteDialect } from './dialect.ts';
import { cannotWrite, unusable } from './open-sqlite.ts';
import { isBusy } from './sqlite-failure.ts';

type Found = Omit<Inspection, 'store'>;

/** Throws `JournalError`. */
export async function inspectSqlite(path: string): Promise<Found> {
  const place = resolve(path);
  const there = existsSync(place);
  mustBeWritable(place, there ? place : `${existing(dirname(place))}/.`);
  if (!there) return { status: 'new', migrations: [], unfinished: 0, problems: [] };
  const shared = existsSync(`${place}-shm`);
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(untouched(place), { readOnly: true, readBigInts: true, timeout: 0 });
    const db = new Kysely<Schema>({ dialect: nodeSqliteDialect(database) });
    const migrations = await missingMigrations(db, undefined);
    const unfinished = migrations.includes('0001-payments') ? 0 : await countUnfinished(db);
    return { status: 'there', migrations, unfinished, problems: [] };
  } catch (error) {
    if (isBusy(error)) return { status: 'busy', migrations: [], unfinished: 0, problems: [] };
    throw error instanceof JournalError ? error : unusable(place, error);
  } finally {
    database?.close();
    // Made for the look; the facilitator itself has none.
    if (!shared) rmSync(`${place}-shm`, { force: true });
  }
}

/**
 * A journal without a log beside it was closed in good order and nobody has it: then SQLite is told that it cannot change, and
 * makes no files to guard it.
 */
function untouched(place: string): string | URL {
  if (existsSync(`${place}-wal`)) return place;
  const url = pathToFileURL(place);
  url.searchParams.set('immutable', '1');
  return url;
}

function existing(folder: string): string {
  return existsSync(folder) || folder === dirname(folder) ? folder : existing(dirname(folder));
}

function mustBeWritable(place: string, what: string): void {
  try {
    accessSync(what, constants.R_OK | constants.W_OK);
  } catch (error) {
    throw cannotWrite(place, error);
  }
}
