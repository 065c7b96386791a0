/** JSON-RPC endpoints that answer request by request as a script says. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';

export type Request = { readonly id: number; readonly method: string; readonly params: readonly unknown[] };
export type Reply =
  | { readonly status?: number; readonly body: unknown; readonly headers?: Readonly<Record<string, string>> }
  | 'hang'
  | 'break';
export type Script = (calls: readonly Request[], number: number, batch: boolean) => Reply | Promise<Reply>;

/** What the server saw: the methods of each request, and its headers. */
type Seen = {
  readonly methods: readonly string[];
  readonly batch: boolean;
  readonly authorization: string | undefined;
};

export type Scripted = {
  readonly port: number;
  readonly url: string;
  readonly seen: readonly Seen[];
  /** Methods of all requests so far, in order. */
  methods(): readonly string[];
  stop(): void;
};

export async function startScripted(script: Script): Promise<Scripted> {
  const seen: Seen[] = [];
  const server: Server = createServer(async (incoming, outgoing) => {
    const pieces: Buffer[] = [];
    for await (const piece of incoming) pieces.push(piece);
    const parsed: Request | readonly Request[] = JSON.parse(Buffer.concat(pieces).toString());
    const batch = Array.isArray(parsed);
    const calls: readonly Request[] = [parsed].flat();
    seen.push({ methods: calls.map(({ method }) => method), batch, authorization: incoming.headers.authorization });
    const reply = await script(calls, seen.length, batch);
    if (reply === 'break') outgoing.destroy();
    else if (reply !== 'hang') {
      const text = typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body);
      outgoing.writeHead(reply.status ?? 200, { 'content-type': 'application/json', ...reply.headers }).end(text);
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('a TCP server has no port');
  return {
    port: address.port,
    url: `http://127.0.0.1:${address.port}/`,
    seen,
    methods: () => seen.flatMap(({ methods }) => methods),
    stop: () => void server.close().closeAllConnections(),
  };
}

/** Answers each call by what `results` has for its method, and the method's name where it has nothing. */
export function answering(results: Readonly<Record<string, unknown>> = {}): Script {
  return (calls, _, batch) => {
    const all = calls.map(({ id, method }) => {
      const result = Object.hasOwn(results, method) ? results[method] : method;
      return { jsonrpc: '2.0', id, ...(isError(result) ? result : { result }) };
    });
    return { body: batch ? all : all[0] };
  };
}

function isError(result: unknown): result is { readonly error: unknown } {
  return typeof result === 'object' && result !== null && 'error' in result;
}
