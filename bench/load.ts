/** A closed loop: each connection sends the next body as soon as it has its answer. */
import type { Client } from 'undici';
import type { Connections } from './connections.ts';

export type Reply = {
  /** Which body was sent. */
  readonly index: number;
  /** HTTP status; 0 when no answer came, and then `text` says why. */
  readonly status: number;
  readonly text: string;
  /** Milliseconds from the start of the load. */
  readonly sentAt: number;
  readonly answeredAt: number;
};

export type Load = {
  readonly connections: Connections;
  readonly path: '/verify' | '/settle';
  readonly bodies: readonly Buffer[];
  /** When no further body is sent, in milliseconds from the start; without it, when all were sent. */
  readonly forMs?: number;
  /** True starts again with the first body after the last one. */
  readonly repeat?: boolean;
  /** What a caller states as its patience. */
  readonly waitSeconds: number;
  readonly signal: AbortSignal;
};

/** Resolves when every answer is there. Rejects only when it is aborted. */
export async function runLoad(load: Load): Promise<readonly Reply[]> {
  const { bodies, forMs = Number.POSITIVE_INFINITY, repeat = false, signal } = load;
  const replies: Reply[] = [];
  const started = performance.now();
  let sent = 0;
  const work = async (client: Client) => {
    while (!signal.aborted && performance.now() - started < forMs) {
      const index = repeat ? sent++ % bodies.length : sent++;
      const body = bodies[index];
      if (body === undefined) return;
      const sentAt = performance.now() - started;
      const { status, text } = await post(client, load, body);
      replies.push({ index, status, text, sentAt, answeredAt: performance.now() - started });
    }
  };
  await Promise.all(load.connections.clients.map(work));
  signal.throwIfAborted();
  return replies;
}

function post(client: Client, { path, waitSeconds }: Load, body: Buffer): Promise<Pick<Reply, 'status' | 'text'>> {
  const { promise, resolve } = Promise.withResolvers<Pick<Reply, 'status' | 'text'>>();
  let status = 0;
  let text = '';
  // Below `request()`, which makes a stream and a promise for each body: the two cores are for the facilitator.
  client.dispatch(
    { method: 'POST', path, headers: { 'content-type': 'application/json', prefer: `wait=${waitSeconds}` }, body },
    {
      onRequestStart: () => undefined,
      onResponseStart(_controller, code) {
        status = code;
      },
      onResponseData(_controller, chunk) {
        text += chunk.toString();
      },
      onResponseEnd: () => resolve({ status, text }),
      onResponseError: (_controller, error) => resolve({ status: 0, text: error.message }),
    },
  );
  return promise;
}
