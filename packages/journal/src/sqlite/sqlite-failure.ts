/** What SQLite's errors mean for the writes that met them. */
import { JournalError } from '../journal-error.ts';
import { type Failure, judgeOwn } from '../store.ts';

/** Primary result codes, https://www.sqlite.org/rescode.html */
const BUSY = 5;
/** SQLITE_ERROR, SQLITE_TOOBIG, SQLITE_CONSTRAINT, SQLITE_MISMATCH: the statement or its values, not the store. */
const OF_THE_WRITE: ReadonlySet<number> = new Set([1, 18, 19, 20]);

function resultCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return undefined;
  // The low byte is the primary code, the rest says more.
  return error.errcode & 0xff;
}

export function isBusy(error: unknown): boolean {
  return resultCode(error) === BUSY;
}

/** SQLite's messages name tables and constraints, never values. */
export function errorText(error: unknown): string {
  return resultCode(error) !== undefined && error instanceof Error ? error.message : 'unexpected error';
}

export function judgeSqlite(error: unknown): Failure {
  if (error instanceof JournalError) return judgeOwn(error);
  const code = resultCode(error);
  // Values that cannot be bound are a TypeError or RangeError of the driver.
  if (code === undefined || OF_THE_WRITE.has(code))
    return { remedy: 'apart', error: new JournalError('refused', `SQLite refused a write: ${errorText(error)}.`) };
  return { remedy: 'none', error: new JournalError('unavailable', `SQLite failed: ${errorText(error)}.`) };
}
