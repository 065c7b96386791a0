/** So many requests at once: above that it is better to refuse in a moment than to answer all of them too late. */
import type { FastifyInstance } from 'fastify';
import type { Handler } from './endpoint.ts';
import { sendFault } from './fault-answer.ts';

const RETRY_SECONDS = 1;

/** Makes a handler count while it works, also when its caller has gone. */
export type Counted = (handler: Handler) => Handler;

/**
 * Refuses what comes while `most` requests are open or `most` handlers work: a caller that hangs up leaves its work
 * behind. Routes with `vital` in their config are answered whatever happens.
 */
export function limitCrowd(app: FastifyInstance, most: number): Counted {
  let open = 0;
  let working = 0;
  // After CORS, so that web pages can read the refusal.
  app.after(() => {
    app.addHook('onRequest', async (request, reply) => {
      if (request.routeOptions.config.vital === true) return;
      if (open >= most || working >= most) {
        const message =
          'More requests are being worked on than this server takes. This one was not begun. Send the identical request again.';
        return sendFault(request, reply, { status: 503, message, retryAfter: RETRY_SECONDS });
      }
      open += 1;
      // Comes once for every response, whether it was sent or cut off.
      reply.raw.once('close', () => {
        open -= 1;
      });
    });
  });
  return (handler) => async (request, reply) => {
    working += 1;
    try {
      return await handler(request, reply);
    } finally {
      working -= 1;
    }
  };
}
