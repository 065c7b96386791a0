/** Looks at a journal without changing anything: for whoever wants to know before a start what it would meet. */
import { journalPlace } from './journal-place.ts';
import { inspectPostgres } from './postgres/inspect-postgres.ts';
import { inspectSqlite } from './sqlite/inspect-sqlite.ts';

export type Inspection = {
  readonly store: 'memory' | 'SQLite' | 'PostgreSQL';
  /** `new`: a start would make it. `busy`: another process has it to itself, so nothing more is known. */
  readonly status: 'there' | 'new' | 'busy';
  /** Changes of the schema that a start would make; none where nothing is there yet. */
  readonly migrations: readonly string[];
  /** Payments that a start would take up again. */
  readonly unfinished: number;
  /** What breaks a promise of the journal. Safe to show. */
  readonly problems: readonly string[];
};

/** `url` as for `openJournal`. Rejects with a `JournalError` where a start would fail. */
export async function inspectJournal(url: string | undefined): Promise<Inspection> {
  const place = journalPlace(url);
  switch (place.store) {
    case 'memory':
      return { store: 'memory', status: 'new', migrations: [], unfinished: 0, problems: [] };
    case 'SQLite':
      return { store: place.store, ...(await inspectSqlite(place.path)) };
    case 'PostgreSQL':
      return { store: place.store, ...(await inspectPostgres(place.url)) };
  }
}
