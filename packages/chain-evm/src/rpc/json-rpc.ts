/** One JSON-RPC endpoint over HTTP: kept-alive connections, batches, a deadline on everything, and no secret in any answer. */
import type { Clock } from '@facilitator/engine';
import { Pool } from 'undici';
import { asRecord } from './answers.ts';
import type { Rpc, RpcAnswer, RpcCall } from './rpc.ts';
import { scrub } from './scrub.ts';

export type JsonRpcOptions = {
  /** http(s); may carry a key in its path or query, or a user and password. */
  readonly url: string;
  readonly clock: Clock;
  /** Milliseconds for one `ask`, tries included. Default 10,000. */
  readonly timeoutMs?: number;
  /** Bytes of one answer. Default 16 MiB. */
  readonly maxResponseBytes?: number;
  /** Calls in one request; more go in several requests at once. Default 100. */
  readonly maxBatch?: number;
  /** Further tries of calls that change nothing. Default 2. */
  readonly retries?: number;
  /** A number in [0, 1) that spreads tries in time. */
  readonly random?: () => number;
};

/** What one request brought. */
type Exchange =
  | { readonly status: 'answers'; readonly answers: readonly RpcAnswer[] }
  /** The provider takes no batches, or not this one. */
  | { readonly status: 'batch-refused' }
  | { readonly status: 'silent'; readonly detail: string; readonly reached: boolean; readonly again: boolean };

type Silence = Extract<Exchange, { status: 'silent' }>;

const PAUSE_MS = 60;
const BUSY = new Set([429, 500, 502, 503, 504]);
/** JSON-RPC codes and words of providers that want less traffic. */
const BUSY_CODE = new Set([-32005, -32007, -32016, 429]);
const BUSY_TEXT = /rate.?limit|too many requests|request limit|capacity|throughput/i;
/** Errors of a connection that never came to be. */
const UNREACHED = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** Throws when `url` is not an http(s) URL; the message does not repeat it. */
export function jsonRpc(options: JsonRpcOptions): Rpc {
  const { clock, timeoutMs = 10_000, maxBatch = 100, retries = 2, random = Math.random } = options;
  const endpoint = parseEndpoint(options.url);
  const path = `${endpoint.pathname}${endpoint.search}`;
  const headers = { 'content-type': 'application/json', ...credentials(endpoint) };
  const pool = new Pool(endpoint.origin, {
    connections: 32,
    maxResponseSize: options.maxResponseBytes ?? 16 * 1024 * 1024,
  });
  let batches = true;

  async function ask(calls: readonly RpcCall[]): Promise<readonly RpcAnswer[]> {
    const signal = AbortSignal.timeout(timeoutMs);
    const answers = await askOnce(calls, signal);
    // Bytes handed over twice are still one transaction, but then two answers would have to be reconciled.
    if (calls.some(({ method }) => method === 'eth_sendRawTransaction')) return answers;
    for (let attempt = 1; attempt <= retries; attempt += 1) {
      const unanswered = answers.flatMap((answer, index) => (isWorthAnother(answer) ? [index] : []));
      if (unanswered.length === 0 || signal.aborted) break;
      await pause(PAUSE_MS * 2 ** (attempt - 1) * (1 + random()));
      const again = await askOnce(
        unanswered.flatMap((index) => calls[index] ?? []),
        signal,
      );
      for (const [position, index] of unanswered.entries()) answers[index] = again[position] ?? NO_ANSWER;
    }
    return answers;
  }

  async function askOnce(calls: readonly RpcCall[], signal: AbortSignal): Promise<RpcAnswer[]> {
    const size = batches ? maxBatch : 1;
    const chunks: (readonly RpcCall[])[] = [];
    for (let from = 0; from < calls.length; from += size) chunks.push(calls.slice(from, from + size));
    const answered = await Promise.all(
      chunks.map(async (chunk) => {
        const exchange = await request(chunk, signal);
        if (exchange.status === 'answers') return exchange.answers;
        if (exchange.status === 'silent') return chunk.map(() => exchange);
        batches = false;
        return askOnce(chunk, signal);
      }),
    );
    return answered.flat();
  }

  async function request(calls: readonly RpcCall[], signal: AbortSignal): Promise<Exchange> {
    const bodies = calls.map(({ method, params }, id) => ({ jsonrpc: '2.0', id, method, params }));
    try {
      const { statusCode, body } = await pool.request({
        method: 'POST',
        path,
        headers,
        body: JSON.stringify(bodies.length === 1 ? bodies[0] : bodies),
        signal,
      });
      return understand(await body.text(), statusCode, calls.length);
    } catch (error) {
      return silenceOf(error, timeoutMs);
    }
  }

  function understand(text: string, statusCode: number, count: number): Exchange {
    const parsed = parseJson(text);
    if (Array.isArray(parsed) && statusCode < 400) {
      const byId = new Map(parsed.map((item) => [asRecord(item)?.['id'], item]));
      const answers = Array.from({ length: count }, (_, id) => answerOf(byId.get(id)));
      return { status: 'answers', answers };
    }
    if (BUSY.has(statusCode)) return silent(`the RPC is busy (HTTP ${statusCode})`, true);
    const single = parsed === undefined ? undefined : answerOf(parsed);
    if (count > 1) return single?.status === 'silent' ? { ...single, again: true } : { status: 'batch-refused' };
    if (single !== undefined && (statusCode < 400 || single.status === 'error')) {
      return { status: 'answers', answers: [single] };
    }
    return silent(`the RPC answered HTTP ${statusCode}`, false);
  }

  function answerOf(item: unknown): RpcAnswer {
    const record = asRecord(item);
    if (record === undefined) return NO_ANSWER;
    const error = asRecord(record['error']);
    if (error === undefined) {
      return 'result' in record ? { status: 'result', result: record['result'] } : NO_ANSWER;
    }
    const code = typeof error['code'] === 'number' ? error['code'] : 0;
    const message = scrub(typeof error['message'] === 'string' ? error['message'] : 'no message', endpoint);
    if (BUSY_CODE.has(code) || (code !== 3 && BUSY_TEXT.test(message)))
      return silent('the RPC wants less traffic', true);
    return { status: 'error', code, message, data: error['data'] };
  }

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      clock.after(ms, resolve);
    });
  }

  return { ask, close: () => pool.destroy() };
}

const NO_ANSWER: Silence = { status: 'silent', detail: 'the RPC left a call unanswered', reached: true, again: true };

function silent(detail: string, again: boolean): Silence {
  return { status: 'silent', detail, reached: true, again };
}

function isWorthAnother(answer: RpcAnswer): boolean {
  return answer.status === 'silent' && 'again' in answer && answer.again === true;
}

function silenceOf(error: unknown, timeoutMs: number): Silence {
  const { name, code } = faultOf(error);
  if (name === 'TimeoutError' || name === 'AbortError') {
    return silent(`the RPC did not answer within ${timeoutMs} ms`, false);
  }
  if (code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE') return silent('the RPC answered more than is read', false);
  const reached = !UNREACHED.has(code);
  return { ...silent(`the RPC cannot be ${reached ? 'heard' : 'reached'} (${code})`, true), reached };
}

function faultOf(error: unknown): { readonly name: string; readonly code: string } {
  if (!(error instanceof Error)) return { name: '', code: 'unknown' };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : 'connection failed';
  return { name: error.name, code };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function parseEndpoint(url: string): URL {
  const endpoint = URL.parse(url);
  if (endpoint === null || !/^https?:$/.test(endpoint.protocol)) {
    throw new Error('The RPC address is not an http:// or https:// URL.');
  }
  return endpoint;
}

function credentials({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {};
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}
