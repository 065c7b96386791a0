/** So many requests a minute from one client, of those that cost something: every POST. */
import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance } from 'fastify';
import { clientAddress } from './client-address.ts';
import { sendFault } from './fault-answer.ts';

const WINDOW_MS = 60_000;
/** Clients that are remembered, in a few megabytes. The one that was away longest is forgotten first. */
const CLIENTS = 20_000;

/** All paths count together. Refuses before the body is read. */
export function limitRate(app: FastifyInstance, perMinute: number): void {
  const options = { max: perMinute, timeWindow: WINDOW_MS, cache: CLIENTS, keyGenerator: clientAddress };
  app.register(rateLimit, { ...options, global: false });
  // After CORS, so that web pages can read the refusal.
  app.after(() => {
    const count = app.createRateLimit();
    app.addHook('onRequest', async (request, reply) => {
      if (request.method !== 'POST') return;
      const counted = await count(request);
      if (counted.isAllowed || !counted.isExceeded) return;
      const message =
        `These are more than ${perMinute} requests in a minute from this address. ` +
        'This one was not begun. Send the identical request again later.';
      return sendFault(request, reply, { status: 429, message, retryAfter: counted.ttlInSeconds });
    });
  });
}
