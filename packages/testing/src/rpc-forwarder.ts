/** An HTTP JSON-RPC proxy on loopback, by whose hooks a test counts, answers, delays, alters or loses calls. */
import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

export type RpcCall = {
  readonly id: string | number | null;
  readonly method: string;
  readonly params: readonly unknown[];
};

/** A node's answer to one call. */
export type RpcAnswer = {
  readonly jsonrpc: string;
  readonly id: RpcCall['id'];
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
};

/** What becomes of one call. */
export type Interception =
  | { readonly action: 'pass' }
  /** Answered here; the node never hears of it. */
  | { readonly action: 'answer'; readonly result: unknown }
  | { readonly action: 'refuse'; readonly code: number; readonly message: string }
  /** Passed on after a while. */
  | { readonly action: 'delay'; readonly ms: number }
  /** Passed on with other parameters, answered with another answer than the node's, or both. */
  | {
      readonly action: 'rewrite';
      readonly params?: readonly unknown[];
      readonly answer?: (answer: RpcAnswer) => RpcAnswer;
    }
  /** The connection breaks before the node hears of it. */
  | { readonly action: 'drop' }
  /** The node does it, then the connection breaks without an answer. */
  | { readonly action: 'drop-after-forward' };

export type Intercept = (call: RpcCall) => Interception | Promise<Interception>;

/** One HTTP request on its way. */
export type Exchange = {
  readonly calls: readonly RpcCall[];
  /** Whether they came as a JSON-RPC batch. */
  readonly batch: boolean;
  /**
   * Has the node asked and answers with the whole body. Calls go by `intercept`, or by the forwarder's own unless given.
   * Rejects when the connection is to break.
   */
  answer(intercept?: Intercept): Promise<string>;
  readonly outgoing: ServerResponse;
};

export type ForwarderOptions = {
  /** The node. */
  readonly upstream: string;
  /** Asked for each call, also for each of a JSON-RPC batch. Dropping one call of a batch drops the batch. */
  readonly intercept: Intercept;
  /** Told of each HTTP request, with its calls. */
  readonly onRequest?: (calls: readonly RpcCall[]) => void;
  /** Brings an answer to the caller; `deliver` unless given. What it rejects with breaks the connection. */
  readonly deliver?: (exchange: Exchange) => void | Promise<void>;
};

export type Forwarder = {
  readonly url: string;
  /** Breaks what is open and stops listening. Safe to repeat. */
  stop(): Promise<void>;
};

type Decision = { readonly call: RpcCall; readonly interception: Interception };

/** Starts a forwarder on a free loopback port. */
export async function startForwarder(options: ForwarderOptions): Promise<Forwarder> {
  const agent = new Agent({ keepAlive: true });
  const server = createServer((incoming, outgoing) => {
    // A caller that hangs up, or a node that is gone: the connection breaks, as it would without a proxy.
    handle(options, agent, incoming, outgoing).catch(() => outgoing.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server has no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    async stop() {
      agent.destroy();
      server.closeAllConnections();
      if (!server.listening) return;
      server.close();
      await once(server, 'close');
    },
  };
}

async function handle(
  { upstream, intercept, onRequest, ...options }: ForwarderOptions,
  agent: Agent,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const body = await read(incoming);
  const parsed: RpcCall | readonly RpcCall[] = JSON.parse(body.toString());
  const batch = isBatch(parsed);
  const calls = batch ? parsed : [parsed];
  onRequest?.(calls);
  const answer = (by = intercept) => answerAll({ calls, batch, body }, by, (text) => ask(upstream, agent, text));
  await (options.deliver ?? deliver)({ calls, batch, answer, outgoing });
}

/** Hands the answer over whole and at once. */
export async function deliver({ answer, outgoing }: Pick<Exchange, 'answer' | 'outgoing'>): Promise<void> {
  const text = await answer();
  outgoing.writeHead(200, { 'content-type': 'application/json' }).end(text);
}

type Request = { readonly calls: readonly RpcCall[]; readonly batch: boolean; readonly body: Buffer };

async function answerAll(
  { calls, batch, body }: Request,
  intercept: Intercept,
  askNode: (text: Buffer | string) => Promise<Buffer>,
): Promise<string> {
  const decisions = await Promise.all(
    calls.map(async (call): Promise<Decision> => ({ call, interception: await intercept(call) })),
  );
  const actions = new Set(decisions.map(({ interception }) => interception.action));
  if (actions.has('drop')) throw new Error('dropped before the node heard of it');
  const delays = decisions.map(({ interception }) => (interception.action === 'delay' ? interception.ms : 0));
  if (actions.has('delay')) await sleep(Math.max(...delays));
  const untouched = decisions.every(({ interception }) => !TOUCHING.has(interception.action));
  const forwarded = decisions.filter(({ interception }) => !isAnswered(interception)).map(asForwarded);
  let answer: Buffer | undefined;
  if (untouched) answer = await askNode(body);
  else if (forwarded.length > 0) answer = await askNode(JSON.stringify(batch ? forwarded : forwarded[0]));
  if (actions.has('drop-after-forward')) throw new Error('dropped after the node did it');
  if (untouched && answer !== undefined) return answer.toString();
  const merged = merge(decisions, answer);
  return JSON.stringify(batch ? merged : merged[0]);
}

const TOUCHING = new Set<Interception['action']>(['answer', 'refuse', 'rewrite']);

function asForwarded({ call, interception }: Decision): RpcCall {
  const params = interception.action === 'rewrite' ? interception.params : undefined;
  return params === undefined ? call : { ...call, params };
}

function isBatch(parsed: RpcCall | readonly RpcCall[]): parsed is readonly RpcCall[] {
  return Array.isArray(parsed);
}

function isAnswered(interception: Interception): boolean {
  return interception.action === 'answer' || interception.action === 'refuse';
}

/** The answers made here in the places of their calls, the node's in between, altered where that is wanted. */
function merge(decisions: readonly Decision[], answer: Buffer | undefined): readonly unknown[] {
  const parsed: RpcAnswer | readonly RpcAnswer[] = answer === undefined ? [] : JSON.parse(answer.toString());
  const theirs = new Map([parsed].flat().map((one) => [one.id, one]));
  return decisions.map((decision) => {
    const { call, interception } = decision;
    if (isAnswered(interception)) return localAnswer(decision);
    const one = theirs.get(call.id);
    const alter = interception.action === 'rewrite' ? interception.answer : undefined;
    return one === undefined || alter === undefined ? one : alter(one);
  });
}

function localAnswer({ call, interception }: Decision): RpcAnswer {
  const head = { jsonrpc: '2.0', id: call.id };
  if (interception.action === 'answer') return { ...head, result: interception.result };
  if (interception.action !== 'refuse') throw new Error(`${call.method} is the node's to answer`);
  return { ...head, error: { code: interception.code, message: interception.message } };
}

async function ask(upstream: string, agent: Agent, body: Buffer | string): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  request(upstream, { method: 'POST', agent, headers: { 'content-type': 'application/json' } }, resolve)
    .on('error', reject)
    .end(body);
  return read(await promise);
}

async function read(message: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of message) pieces.push(piece);
  return Buffer.concat(pieces);
}
