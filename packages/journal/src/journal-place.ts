/** Where a journal URL points to. */
import { JournalError } from './journal-error.ts';

export type JournalPlace =
  | { readonly store: 'memory' }
  | { readonly store: 'SQLite'; readonly path: string }
  | { readonly store: 'PostgreSQL'; readonly url: string };

const DEFAULT_URL = 'sqlite:data/journal.db';
export const MEMORY = ':memory:';

/** Throws `JournalError` `unusable`, without the URL. */
export function journalPlace(url: string = DEFAULT_URL): JournalPlace {
  if (url === MEMORY) return { store: 'memory' };
  const path = sqlitePath(url);
  if (path !== undefined) return { store: 'SQLite', path };
  if (/^postgres(ql)?:\/\//i.test(url)) return { store: 'PostgreSQL', url };
  throw new JournalError(
    'unusable',
    'The journal URL must be sqlite:PATH, postgres://user:password@host/database or :memory:.',
  );
}

/** `sqlite:data/x.db`, `sqlite:/var/x.db` and `sqlite:///var/x.db` all name a file. */
function sqlitePath(url: string): string | undefined {
  const match = /^sqlite:(?:\/\/(?=\/))?(.+)$/i.exec(url);
  return match?.[1];
}
