/** When an endpoint gives no usable answer: why, whether it can have heard, and whether asking again makes sense. */
import type { RpcAnswer } from './rpc.ts';

export type Silence = Extract<RpcAnswer, { status: 'silent' }> & {
  /** True when the same endpoint may answer a little later. */
  readonly again: boolean;
  /** Milliseconds for which the endpoint wants no traffic; absent when it did not say. */
  readonly quietMs?: number;
};

export type WireAnswer = Exclude<RpcAnswer, { status: 'silent' }> | Silence;

/** What one request brought. */
export type Exchange =
  | { readonly status: 'answers'; readonly answers: readonly WireAnswer[] }
  /** The provider takes no batches, or not this one. */
  | { readonly status: 'batch-refused' }
  | Silence;

export const NO_ANSWER: Silence = silent('the RPC left a call unanswered', true);

/** Errors of a connection that never came to be. */
const UNREACHED = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

export function silent(detail: string, again: boolean, quietMs?: number): Silence {
  return { status: 'silent', detail, reached: true, again, ...(quietMs === undefined ? {} : { quietMs }) };
}

/** Nothing was sent. */
export function unsent(detail: string, again: boolean): Silence {
  return { status: 'silent', detail, reached: false, again };
}

/** What an error of the HTTP client means. */
export function silenceOf(error: unknown): Silence {
  const { name, code } = faultOf(error);
  if (name === 'TimeoutError' || name === 'AbortError') return silent('the RPC did not answer in time', false);
  if (code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE') return silent('the RPC answered more than is read', false);
  const reached = !UNREACHED.has(code);
  return { ...silent(`the RPC cannot be ${reached ? 'heard' : 'reached'} (${code})`, true), reached };
}

function faultOf(error: unknown): { readonly name: string; readonly code: string } {
  if (!(error instanceof Error)) return { name: '', code: 'unknown' };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : 'connection failed';
  return { name: error.name, code };
}

/** The answer as it leaves: the rest is for those who decide whom to ask next. */
export function shown(answer: WireAnswer): RpcAnswer {
  if (answer.status !== 'silent') return answer;
  const { status, detail, reached } = answer;
  return { status, detail, reached };
}
