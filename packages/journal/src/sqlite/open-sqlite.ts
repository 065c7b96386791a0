/** The journal in one SQLite file, owned by this process alone. Every commit is on disk before a write resolves. */
import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { Kysely, sql } from 'kysely';
import { JournalError } from '../journal-error.ts';
import { MEMORY } from '../journal-place.ts';
import { migrate } from '../migrations/migrate.ts';
import { alone } from '../peers.ts';
import type { Schema } from '../schema.ts';
import type { Store } from '../store.ts';
import { nodeSqliteDialect, openNodeSqlite } from './dialect.ts';
import { errorText, isBusy, judgeSqlite } from './sqlite-failure.ts';

/**
 * Opens `path`, creating file and folder when missing; `:memory:` keeps nothing. `self` is this process's number among all
 * that ever used the file. Throws `JournalError`.
 */
export async function openSqlite(path: string, self: bigint): Promise<Store> {
  const place = path === MEMORY ? MEMORY : resolve(path);
  if (place !== MEMORY) makePlace(place);
  const database = openOwned(place);
  const db = new Kysely<Schema>({ dialect: nodeSqliteDialect(database) });
  try {
    await migrate(db, { integer: 'integer', tableEnd: sql`strict`, schema: undefined });
  } catch (error) {
    database.close();
    throw error instanceof JournalError ? error : unusable(place, error);
  }
  return {
    reading: db,
    shared: false,
    peers: alone(self),
    begin: () => db.startTransaction().execute(),
    commit: (transaction) => transaction.commit().execute(),
    judge: judgeSqlite,
    close: () => db.destroy(),
  };
}

/** Only the owner may read it: claims contain signatures that are worth money until they are used. */
function makePlace(path: string): void {
  try {
    makeFolder(dirname(path));
    closeSync(openSync(path, 'a', 0o600));
  } catch (error) {
    throw cannotWrite(path, error);
  }
}

export function cannotWrite(path: string, error: unknown): JournalError {
  return new JournalError(
    'unusable',
    `The journal cannot be written at ${path} (${errorCode(error)}). ` +
      'Give the journal URL a folder that the facilitator may write to, for example sqlite:/var/lib/facilitator/journal.db.',
  );
}

/** Not `recursive`: Node never returns where a parent exists and yet nothing can be made in it, as in /proc. */
function makeFolder(path: string): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path));
  mkdirSync(path, { mode: 0o700 });
}

function openOwned(path: string): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    database = openNodeSqlite(path);
    // In this order: an exclusive WAL needs no shared memory, and its lock is held from the first read to the end.
    database.exec('pragma locking_mode = exclusive');
    database.exec('pragma journal_mode = wal');
    database.exec('pragma synchronous = full');
    database.exec('begin immediate; commit');
    return database;
  } catch (error) {
    database?.close();
    if (isBusy(error))
      throw new JournalError(
        'in-use',
        `The journal ${path} is in use by another process. Stop that one first, give this one a file of its own, ` +
          'or use PostgreSQL.',
      );
    throw unusable(path, error);
  }
}

export function unusable(path: string, error: unknown): JournalError {
  return new JournalError('unusable', `The journal ${path} cannot be opened: ${errorText(error)}.`);
}

function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
}
