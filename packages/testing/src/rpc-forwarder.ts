/** An HTTP JSON-RPC proxy on loopback with one hook, by which a test counts, answers, delays or loses calls. */
import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

export type RpcCall = {
  readonly id: string | number | null;
  readonly method: string;
  readonly params: readonly unknown[];
};

/** What becomes of one call. */
export type Interception =
  | { readonly action: 'pass' }
  /** Answered here; the node never hears of it. */
  | { readonly action: 'answer'; readonly result: unknown }
  | { readonly action: 'refuse'; readonly code: number; readonly message: string }
  /** Passed on after a while. */
  | { readonly action: 'delay'; readonly ms: number }
  /** The connection breaks before the node hears of it. */
  | { readonly action: 'drop' }
  /** The node does it, then the connection breaks without an answer. */
  | { readonly action: 'drop-after-forward' };

export type ForwarderOptions = {
  /** The node. */
  readonly upstream: string;
  /** Asked for each call, also for each of a JSON-RPC batch. Dropping one call of a batch drops the batch. */
  readonly intercept: (call: RpcCall) => Interception | Promise<Interception>;
  /** Told of each HTTP request, with its calls. */
  readonly onRequest?: (calls: readonly RpcCall[]) => void;
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
  { upstream, intercept, onRequest }: ForwarderOptions,
  agent: Agent,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const body = await read(incoming);
  const parsed: RpcCall | readonly RpcCall[] = JSON.parse(body.toString());
  const batch = isBatch(parsed);
  const calls = batch ? parsed : [parsed];
  onRequest?.(calls);
  const decisions = await Promise.all(
    calls.map(async (call): Promise<Decision> => ({ call, interception: await intercept(call) })),
  );
  const actions = new Set(decisions.map(({ interception }) => interception.action));
  if (actions.has('drop')) {
    outgoing.destroy();
    return;
  }
  const delays = decisions.map(({ interception }) => (interception.action === 'delay' ? interception.ms : 0));
  if (actions.has('delay')) await sleep(Math.max(...delays));
  const forwarded = decisions.filter(({ interception }) => !isAnswered(interception)).map(({ call }) => call);
  const whole = forwarded.length === calls.length;
  const answer = await ask(upstream, agent, whole ? body : JSON.stringify(batch ? forwarded : forwarded[0]), forwarded);
  if (actions.has('drop-after-forward')) {
    outgoing.destroy();
    return;
  }
  const text = whole ? answer : JSON.stringify(batch ? merge(decisions, answer) : localAnswer(decisions[0]));
  outgoing.writeHead(200, { 'content-type': 'application/json' }).end(text);
}

function isBatch(parsed: RpcCall | readonly RpcCall[]): parsed is readonly RpcCall[] {
  return Array.isArray(parsed);
}

function isAnswered(interception: Interception): boolean {
  return interception.action === 'answer' || interception.action === 'refuse';
}

/** The answers made here in the places of their calls, the node's in between. */
function merge(decisions: readonly Decision[], answer: Buffer | undefined): readonly unknown[] {
  const theirs: readonly { readonly id: unknown }[] = answer === undefined ? [] : JSON.parse(answer.toString());
  return decisions.map((decision) =>
    isAnswered(decision.interception) ? localAnswer(decision) : theirs.find(({ id }) => id === decision.call.id),
  );
}

function localAnswer(decision: Decision | undefined): unknown {
  if (decision === undefined) throw new Error('no call to answer');
  const { call, interception } = decision;
  const head = { jsonrpc: '2.0', id: call.id };
  if (interception.action === 'answer') return { ...head, result: interception.result };
  if (interception.action !== 'refuse') throw new Error(`${call.method} is the node's to answer`);
  return { ...head, error: { code: interception.code, message: interception.message } };
}

async function ask(
  upstream: string,
  agent: Agent,
  body: Buffer | string,
  calls: readonly RpcCall[],
): Promise<Buffer | undefined> {
  if (calls.length === 0) return undefined;
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
