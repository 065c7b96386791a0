/**
 * What PostgreSQL's and its driver's errors mean for the writes that met them. Their own messages are not passed on: they
 * may quote values, hosts or the connection string.
 */
import { JournalError } from '../journal-error.ts';
import { type Failure, judgeOwn } from '../store.ts';

/** SQLSTATE classes and codes, https://www.postgresql.org/docs/current/errcodes-appendix.html */
const OF_THE_WRITE: ReadonlySet<string> = new Set(['22', '23', '42', '54', 'P0']);
const LOST_RACE: ReadonlySet<string> = new Set(['40001', '40P01']);
/** The server or an administrator ended the session. */
const SESSION_ENDED: ReadonlySet<string> = new Set(['57P01', '57P02', '57P05', '25P03']);

const HINTS: ReadonlyMap<string, string> = new Map([
  ['28P01', 'the user or the password in the journal URL is wrong'],
  ['28000', 'the server does not let this user in: check the user in the journal URL and pg_hba.conf'],
  ['3D000', 'the database in the journal URL does not exist: create it'],
  ['42501', 'the user in the journal URL lacks rights: it must own its schema or be granted CREATE on it'],
  ['3F000', 'no schema to create tables in: check the search_path of the user'],
  ['25006', 'the server is read-only: the journal URL must name the primary'],
  ['53100', 'the server’s disk is full'],
  ['53300', 'the server has no connection left: raise max_connections'],
  ['57014', 'a statement took longer than its deadline'],
  ['55P03', 'a lock was not free before its deadline'],
  ['57P03', 'the server is starting or stopping'],
  ['ECONNREFUSED', 'nothing listens at the host and port of the journal URL'],
  ['ENOTFOUND', 'the host of the journal URL has no address'],
  ['EAI_AGAIN', 'the host of the journal URL could not be resolved now'],
  ['ETIMEDOUT', 'the host of the journal URL does not answer'],
  ['ERR_INVALID_URL', 'the journal URL cannot be read; special characters in its password must be percent-encoded'],
]);

const NO_TLS = 'the server has no TLS, and the journal URL asks for it';

/** The driver's own errors have no code; these are their fixed texts. */
const DRIVER: ReadonlyMap<string, string> = new Map([
  ['timeout exceeded when trying to connect', 'no connection within the deadline'],
  ['Connection terminated due to connection timeout', 'no connection within the deadline'],
  ['Connection terminated unexpectedly', 'the connection was lost'],
  ['Connection terminated', 'the connection was lost'],
  ['Query read timeout', 'the server did not answer within the deadline'],
  ['Client has encountered a connection error and is not queryable', 'the connection was lost'],
  ['The server does not support SSL connections', NO_TLS],
]);

/** A SQLSTATE, a system error code, or `undefined`. */
function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

function isSqlState(code: string): boolean {
  return /^[0-9A-Z]{5}$/.test(code) && /[0-9]/.test(code);
}

export function judgePostgres(error: unknown): Failure {
  if (error instanceof JournalError) return judgeOwn(error);
  const code = errorCode(error);
  const text = `PostgreSQL: ${describe(error, code)}`;
  if (code !== undefined && isSqlState(code)) {
    if (LOST_RACE.has(code)) return { remedy: 'again', error: new JournalError('unavailable', text) };
    if (SESSION_ENDED.has(code) || code.startsWith('08'))
      return { remedy: 'again', error: new JournalError('unavailable', text) };
    if (code !== '42501' && OF_THE_WRITE.has(code.slice(0, 2)))
      return { remedy: 'apart', error: new JournalError('refused', text) };
    return { remedy: 'none', error: new JournalError('unavailable', text) };
  }
  const lost = error instanceof Error && DRIVER.get(error.message) === 'the connection was lost';
  const again = lost || code === 'ECONNRESET' || code === 'EPIPE';
  return { remedy: again ? 'again' : 'none', error: new JournalError('unavailable', text) };
}

/** Reasons that may go away by themselves: a server that is starting, restarting or full. */
const PASSING: ReadonlySet<string> = new Set([
  '57P03',
  '53300',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ETIMEDOUT',
  'EAI_AGAIN',
]);

/** Why the journal cannot be opened: `unavailable` when it may be tried again, `unusable` when it has to be mended. */
export function openingError(error: unknown): JournalError {
  if (error instanceof JournalError) return error;
  const code = errorCode(error);
  const known = error instanceof Error ? DRIVER.get(error.message) : undefined;
  const passing = code === undefined ? known !== undefined && known !== NO_TLS : PASSING.has(code);
  return new JournalError(
    passing ? 'unavailable' : 'unusable',
    `The journal cannot be opened: ${describe(error, code)}.`,
  );
}

function describe(error: unknown, code: string | undefined): string {
  const constraint =
    error instanceof Error && 'constraint' in error && typeof error.constraint === 'string'
      ? `, constraint ${error.constraint}`
      : '';
  if (code !== undefined) {
    const hint = HINTS.get(code);
    return hint === undefined ? `error ${code}${constraint}` : `${hint} (${code}${constraint})`;
  }
  const known = error instanceof Error ? DRIVER.get(error.message) : undefined;
  return known ?? 'unexpected error of the driver';
}
