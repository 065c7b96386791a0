/** Puts an endpoint on the server; other methods on its path are answered 405. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Counted } from './crowd.ts';
import { sendFault } from './fault-answer.ts';

/** Whose fields an error answer carries, so that clients that read `isValid` or `success` from any status work. */
export type AnswerForm = 'verify' | 'settle' | 'pay';

declare module 'fastify' {
  interface FastifyContextConfig {
    answerForm?: AnswerForm;
    vital?: boolean;
  }
}

type Method = 'GET' | 'POST';
/** What is returned is sent. */
export type Handler = (request: FastifyRequest, reply: FastifyReply) => unknown;

export type Endpoint = {
  readonly path: string;
  readonly methods: Readonly<Partial<Record<Method, Handler>>>;
  readonly answerForm?: AnswerForm;
  /** Answered however busy the server is: who asks here would take silence for a broken process. */
  readonly vital?: boolean;
  /** Milliseconds after which the caller is told to try again. */
  readonly timeoutMs?: number;
};

/** OPTIONS belongs to CORS; HEAD comes with GET. */
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

export function addEndpoint(app: FastifyInstance, endpoint: Endpoint, counted: Counted): void {
  const { path: url, methods, answerForm, vital = false, timeoutMs } = endpoint;
  const config = answerForm === undefined ? { vital } : { vital, answerForm };
  const limit = timeoutMs === undefined ? {} : { handlerTimeout: timeoutMs };
  const { GET, POST } = methods;
  if (GET !== undefined) app.route({ method: 'GET', url, config: { vital }, ...limit, handler: counted(GET) });
  if (POST !== undefined) app.route({ method: 'POST', url, config, ...limit, handler: counted(POST) });

  const allowed = METHODS.filter((method) => (method === 'GET' ? GET : method === 'POST' ? POST : undefined));
  const allow = GET === undefined ? allowed : [...allowed, 'HEAD'];
  app.route({
    method: METHODS.filter((method) => !allowed.includes(method)),
    url,
    // The body of a wrong method is of no interest: it is not parsed.
    onRequest: async (request, reply) =>
      sendFault(request, reply.header('allow', allow.join(', ')), {
        status: 405,
        message: `${request.method} is not possible on ${url}. Use ${allowed.join(' or ')}.`,
      }),
    handler: () => undefined,
  });
}
