/** What SQLite and PostgreSQL supply. Everything above it is one code for both. */
import type { ControlledTransaction, Kysely, Transaction } from 'kysely';
import type { JournalError } from './journal-error.ts';
import type { Peers, Seal } from './peers.ts';
import type { Schema } from './schema.ts';

export type Reading = Kysely<Schema>;
export type Writing = Transaction<Schema>;

/** What a failure before COMMIT means for the group of writes that met it. Nothing of the group is stored. */
export type Failure =
  /** Bad luck with another writer or a lost connection: the same group may be tried again at once. */
  | { readonly remedy: 'again'; readonly error: JournalError }
  /** One of the writes cannot be stored: try them one by one. */
  | { readonly remedy: 'apart'; readonly error: JournalError }
  /** The store does not work: every write of the group fails. */
  | { readonly remedy: 'none'; readonly error: JournalError };

/** An error of our own that a store is asked about. */
export function judgeOwn(error: JournalError): Failure {
  return { remedy: error.fault === 'refused' ? 'apart' : 'none', error };
}

export type Store = {
  /** For lookups. Sees only what is committed. */
  readonly reading: Reading;
  /** True when other processes may write too: rows that a decision rests on are then locked until the commit. */
  readonly shared: boolean;
  readonly peers: Peers;
  begin(): Promise<ControlledTransaction<Schema>>;
  /** Resolves once the transaction is on disk. Rejects with a `JournalError` whose fault says whether it might be. */
  commit(transaction: ControlledTransaction<Schema>, seal: Seal): Promise<void>;
  judge(error: unknown): Failure;
  /** Frees connections, files and locks. */
  close(): Promise<void>;
};

/** `unfinished` reads three tables as of one moment. */
export function readTogether<T>(reading: Reading, read: (snapshot: Reading) => Promise<T>): Promise<T> {
  return reading.transaction().setIsolationLevel('repeatable read').setAccessMode('read only').execute(read);
}
