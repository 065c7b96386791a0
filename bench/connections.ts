/** Open keep-alive connections to a facilitator: one per caller, so that a caller is one who waits for his answer. */
import { Client } from 'undici';

export type Connections = AsyncDisposable & { readonly clients: readonly Client[] };

/** Connecting is no part of what is measured, and a thousand at once would overflow the server's backlog. */
const AT_ONCE = 100;
const KEEP_ALIVE_MS = 600_000;

/** Opens them all by a GET on `path`. Each request is given up after `timeoutMs`. */
export async function openConnections(
  origin: string,
  path: string,
  count: number,
  timeoutMs: number,
): Promise<Connections> {
  const options = {
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    keepAliveTimeout: KEEP_ALIVE_MS,
    allowH2: false,
  };
  const clients = Array.from({ length: count }, () => new Client(origin, options));
  for (let from = 0; from < count; from += AT_ONCE) {
    await Promise.all(
      clients.slice(from, from + AT_ONCE).map(async (client) => {
        const { body } = await client.request({ method: 'GET', path });
        await body.dump();
      }),
    );
  }
  return {
    clients,
    async [Symbol.asyncDispose]() {
      await Promise.all(clients.map((client) => client.destroy()));
    },
  };
}
