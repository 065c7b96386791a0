/** Chooses the store by URL. */
import { randomInt } from 'node:crypto';
import type { Clock, Journal } from '@facilitator/engine';
import { createJournal } from './create-journal.ts';
import { journalPlace, MEMORY } from './journal-place.ts';
import { openPostgres } from './postgres/open-postgres.ts';
import { openSqlite } from './sqlite/open-sqlite.ts';
import type { Store } from './store.ts';

export type OpenJournalOptions = {
  /**
   * `sqlite:PATH`, `postgres://…` or `postgresql://…`, or `:memory:`, which forgets everything at close.
   * `undefined` is `sqlite:data/journal.db`.
   */
  readonly url: string | undefined;
  /** Times of records, and the pacing of commits: it must run by itself unless `windowMs` is 0. */
  readonly clock: Clock;
  /**
   * How long the next commit waits for company while several writers are busy, in milliseconds. 2 by default for
   * SQLite, whose commits stop the process; 0 for the others. A lone writer never waits.
   */
  readonly windowMs?: number;
  /** Writes per commit at most, 256 by default; 1 commits each on its own. */
  readonly groupMost?: number;
};

const SQLITE_WINDOW_MS = 2;
const GROUP_MOST = 256;

/**
 * Opens the journal, bringing its schema up to date. Rejects with a `JournalError`: `in-use` when another process has the
 * SQLite file, `unusable` when the operator has to mend something. Messages never contain the URL.
 */
export async function openJournal(options: OpenJournalOptions): Promise<Journal> {
  const { clock, groupMost = GROUP_MOST } = options;
  const { store, windowMs } = await openStore(options);
  return createJournal(store, { clock, groupMost, windowMs: options.windowMs ?? windowMs });
}

async function openStore(options: OpenJournalOptions): Promise<{ readonly store: Store; readonly windowMs: number }> {
  const place = journalPlace(options.url);
  const self = processNumber();
  switch (place.store) {
    case 'memory':
      return { store: await openSqlite(MEMORY, self), windowMs: 0 };
    case 'SQLite':
      return { store: await openSqlite(place.path, self), windowMs: SQLITE_WINDOW_MS };
    case 'PostgreSQL':
      return { store: await openPostgres({ url: place.url, clock: options.clock, self }), windowMs: 0 };
  }
}

/** Tells this process from all others that ever used the store. 31 bits, because the keys of PostgreSQL's locks have 32. */
function processNumber(): bigint {
  return BigInt(randomInt(1, 2 ** 31));
}
