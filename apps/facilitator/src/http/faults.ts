/** Every answer that is not an endpoint's own: one place decides what a caller is told and what is logged. */
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { closestMatch } from 'leven';
import { type Fault, FaultError } from './fault.ts';
import { sendFault } from './fault-answer.ts';
import type { House } from './house.ts';

/** Installs the handlers for errors and unknown paths. `paths` are what exists, for suggestions. */
export function answerFaults(app: FastifyInstance, house: House, paths: readonly string[]): void {
  app.setErrorHandler((error: FastifyError | FaultError, request, reply) => {
    const fault = faultOf(error, house.options.bodyLimit);
    if (fault.status >= 500) {
      // The caller gets the request id only: what went wrong inside is for the log.
      house.log.error({ event: 'http.fault', requestId: request.id, route: request.routeOptions.url, err: error });
    }
    return sendFault(request, reply, fault);
  });
  const notFound = (request: FastifyRequest, reply: FastifyReply) => {
    const path = request.url.split('?', 1)[0] ?? '/';
    return sendFault(request, reply, {
      status: 404,
      message: `There is nothing at this path. ${hintFor(path, paths)}`,
    });
  };
  app.setNotFoundHandler(notFound);
  // Before the body is read: its faults are of no interest at a wrong path.
  app.addHook('onRequest', async (request, reply) => (request.is404 ? notFound(request, reply) : undefined));
}

/** The path that was probably meant, or all there are. */
function hintFor(path: string, paths: readonly string[]): string {
  const byName = new Map(paths.flatMap((each) => (each === '/' ? [] : [[nameOf(each), each] as const])));
  const typed = nameOf(path).toLowerCase().slice(0, 100);
  // Two slips in a word of six letters are a typo, three are another word.
  const near = closestMatch(typed, [...byName.keys()], { maxDistance: Math.floor(typed.length / 3) });
  return near === undefined ? `There is ${paths.join(', ')}.` : `Did you mean ${byName.get(near)}?`;
}

function nameOf(path: string): string {
  return path.split('/', 2)[1] ?? '';
}

/** Answers a path that the router cannot read. */
export function answerBadPath(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  const message =
    error.code === 'FST_ERR_BAD_URL'
      ? 'The path cannot be read: a % must be followed by two hexadecimal digits of UTF-8.'
      : 'The path is too long.';
  sendFault(request, reply, { status: error.statusCode ?? 400, message });
}

function faultOf(error: FastifyError | FaultError, bodyLimit: number): Fault {
  if (error instanceof FaultError) return error.fault;
  switch (error.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return { status: 413, message: `The body is larger than ${bodyLimit} bytes.` };
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return { status: 400, message: 'The body is not as long as content-length says, or it is not UTF-8.' };
    case 'FST_ERR_HANDLER_TIMEOUT':
      return { status: 503, message: 'This took too long. Send the identical request again.', retryAfter: 2 };
  }
  const status = error.statusCode ?? 500;
  if (status >= 400 && status < 500) return { status, message: error.message };
  return { status: 500, message: 'Something failed inside the facilitator. Its log knows this request by its id.' };
}
