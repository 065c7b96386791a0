/** Puts an endpoint on the server; other methods on its path are answered 405. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** Whose fields an error answer carries, so that clients that read `isValid` or `success` from any status work. */
export type AnswerForm = 'verify' | 'settle' | 'pay';

declare module 'fastify' {
  interface FastifyContextConfig {
    answerForm?: AnswerForm;
  }
}

type Method = 'GET' | 'POST';
/** What is returned is sent. */
type Handler = (request: FastifyRequest, reply: FastifyReply) => unknown;

export type Endpoint = {
  readonly path: string;
  readonly methods: Readonly<Partial<Record<Method, Handler>>>;
  readonly answerForm?: AnswerForm;
  /** Milliseconds after which the caller is told to try again. */
  readonly timeoutMs?: number;
};

/** OPTIONS belongs to CORS; HEAD comes with GET. */
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

export function addEndpoint(app: FastifyInstance, endpoint: Endpoint): void {
  const { path: url, methods, answerForm, timeoutMs } = endpoint;
  const config = answerForm === undefined ? {} : { answerForm };
  const limit = timeoutMs === undefined ? {} : { handlerTimeout: timeoutMs };
  const { GET, POST } = methods;
  if (GET !== undefined) app.route({ method: 'GET', url, ...limit, handler: GET });
  if (POST !== undefined) app.route({ method: 'POST', url, config, ...limit, handler: POST });

  const allowed = METHODS.filter((method) => (method === 'GET' ? GET : method === 'POST' ? POST : undefined));
  const allow = GET === undefined ? allowed : [...allowed, 'HEAD'];
  app.route({
    method: METHODS.filter((method) => !allowed.includes(method)),
    url,
    // The body of a wrong method is of no interest: it is not parsed.
    onRequest: async (request, reply) =>
      reply
        .code(405)
        .header('allow', allow.join(', '))
        .send({ error: `${request.method} is not possible on ${url}. Use ${allowed.join(' or ')}.` }),
    handler: () => undefined,
  });
}
