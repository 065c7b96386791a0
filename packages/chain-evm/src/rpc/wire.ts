/** JSON-RPC with one endpoint over HTTP: kept-alive connections, batches, and no secret in any answer. */
import { Pool } from 'undici';
import { asRecord } from './answers.ts';
import type { RpcAnswer, RpcCall } from './rpc.ts';
import { scrub } from './scrub.ts';
import { type Exchange, NO_ANSWER, type Silence, silenceOf, silent, type WireAnswer } from './silence.ts';

export type WireOptions = {
  /** http(s); may carry a key in its path or query, or a user and password. */
  readonly url: string;
  /** Bytes of one answer. Default 16 MiB. */
  readonly maxResponseBytes?: number;
  /** Calls in one request; more go in several requests at once. Default 100. */
  readonly maxBatch?: number;
};

export type Wire = {
  /** Asks once. Answers in the order asked; never throws. Silence when `signal` ends it. */
  ask(calls: readonly RpcCall[], signal: AbortSignal): Promise<readonly WireAnswer[]>;
  /** Ends open connections. */
  close(): Promise<void>;
};

/** A request's calls have these ids, in order. */
type Ids = { readonly first: number; readonly count: number };

const BUSY = new Set([429, 500, 502, 503, 504]);
/** How servers that know no batches answer one. */
const REFUSED = new Set([400, 405, 413, 415, 422, 501]);
const ASKS_AFTER_REFUSAL = 1_000;
/** JSON-RPC codes and words of providers that want less traffic. */
const BUSY_CODE = new Set([-32005, -32007, -32016, 429]);
const BUSY_TEXT = /rate.?limit|too many requests|request limit|capacity|throughput/i;
/** The same codes also say that one call asks for too much, which waiting does not mend. */
const TOO_MUCH = /block range|range is too|query returned more|too many (?:results|logs)/i;
const LONGEST_QUIET_MS = 600_000;

/** Throws when `url` is not an http(s) URL, or its credentials cannot be read; the message does not repeat it. */
export function createWire({ url, maxResponseBytes = 16 * 1024 * 1024, maxBatch = 100 }: WireOptions): Wire {
  const endpoint = parseEndpoint(url);
  const path = `${endpoint.pathname}${endpoint.search}`;
  const headers = { 'content-type': 'application/json', ...credentials(endpoint) };
  const pool = new Pool(endpoint.origin, { connections: 32, maxResponseSize: maxResponseBytes });
  /** Asks for which batches are left alone, after one was refused: a provider may learn, or was only unwell. */
  let singly = 0;
  let nextId = 0;

  async function ask(calls: readonly RpcCall[], signal: AbortSignal): Promise<readonly WireAnswer[]> {
    if (calls.length > 1 && singly > 0) singly -= 1;
    return inChunks(calls, singly > 0 ? 1 : maxBatch, signal);
  }

  async function inChunks(
    calls: readonly RpcCall[],
    size: number,
    signal: AbortSignal,
  ): Promise<readonly WireAnswer[]> {
    const chunks: (readonly RpcCall[])[] = [];
    for (let from = 0; from < calls.length; from += size) chunks.push(calls.slice(from, from + size));
    const answered = await Promise.all(
      chunks.map(async (chunk) => {
        const exchange = await request(chunk, signal);
        if (exchange.status === 'answers') return exchange.answers;
        if (exchange.status === 'silent') return chunk.map(() => exchange);
        singly = ASKS_AFTER_REFUSAL;
        return inChunks(chunk, 1, signal);
      }),
    );
    return answered.flat();
  }

  async function request(calls: readonly RpcCall[], signal: AbortSignal): Promise<Exchange> {
    // Never the same twice: an answer that went astray is not taken for another.
    const first = nextId;
    nextId += calls.length;
    const bodies = calls.map(({ method, params }, index) => ({ jsonrpc: '2.0', id: first + index, method, params }));
    try {
      const response = await pool.request({
        method: 'POST',
        path,
        headers,
        body: JSON.stringify(bodies.length === 1 ? bodies[0] : bodies),
        signal,
      });
      const quietMs = quietOf(response.headers['retry-after']);
      return understand(await response.body.text(), response.statusCode, quietMs, { first, count: calls.length });
    } catch (error) {
      return silenceOf(error);
    }
  }

  function understand(text: string, statusCode: number, quietMs: number | undefined, { first, count }: Ids): Exchange {
    const parsed = parseJson(text);
    if (Array.isArray(parsed) && statusCode < 400) {
      const byId = new Map(parsed.map((item) => [idOf(item), item]));
      const answers = Array.from({ length: count }, (_, index) => answerOf(byId.get(first + index)));
      return { status: 'answers', answers };
    }
    if (BUSY.has(statusCode)) return silent(`the RPC is busy (HTTP ${statusCode})`, true, quietMs);
    // Who could not even read the request answers without an id.
    const isStray = idOf(parsed) !== first && asRecord(parsed)?.['error'] === undefined;
    const single = parsed === undefined ? undefined : answerOf(isStray ? undefined : parsed);
    if (count > 1)
      return single?.status === 'error' || REFUSED.has(statusCode) ? { status: 'batch-refused' } : NO_ANSWER;
    if (single !== undefined && (statusCode < 400 || single.status === 'error')) {
      return { status: 'answers', answers: [single] };
    }
    return silent(`the RPC answered HTTP ${statusCode}`, false);
  }

  function answerOf(item: unknown): Exclude<RpcAnswer, { status: 'silent' }> | Silence {
    const record = asRecord(item);
    if (record === undefined) return NO_ANSWER;
    const error = asRecord(record['error']);
    if (error === undefined) {
      return 'result' in record ? { status: 'result', result: record['result'] } : NO_ANSWER;
    }
    const code = typeof error['code'] === 'number' ? error['code'] : 0;
    const message = scrub(typeof error['message'] === 'string' ? error['message'] : 'no message', endpoint);
    if (!TOO_MUCH.test(message) && (BUSY_CODE.has(code) || (code !== 3 && BUSY_TEXT.test(message)))) {
      return silent('the RPC wants less traffic', true);
    }
    return { status: 'error', code, message, data: error['data'] };
  }

  return { ask, close: () => pool.destroy() };
}

/** Some answer numbers as strings. */
function idOf(item: unknown): unknown {
  const id = asRecord(item)?.['id'];
  return typeof id === 'string' && id !== '' ? Number(id) : id;
}

/** What Retry-After says, in milliseconds: seconds, or a date. */
function quietOf(header: string | string[] | undefined): number | undefined {
  if (typeof header !== 'string') return undefined;
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(ms) && ms > 0 ? Math.min(ms, LONGEST_QUIET_MS) : undefined;
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

/** Throws without the credentials. */
function credentials({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {};
  let pair: string;
  try {
    pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  } catch {
    throw new Error('The RPC address has a % in its user or password that begins no escape. Write % as %25.');
  }
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}
