/** Request bodies: JSON, not too large, not too deep, and a message for whatever else arrives. */
import { DEPTH_LIMIT, quoted, tooDeep } from '@facilitator/protocol';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { FaultError, malformed } from './fault.ts';

const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i;

/** Reads every body as JSON. The framework's own parser answers 415 where callers of this service expect 400. */
export function acceptJson(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string' }, async (request: FastifyRequest, body: string) =>
    parse(request.headers['content-type'], body),
  );
}

/** The parsed body. Throws a `FaultError` when there was none. */
export function bodyOf(request: FastifyRequest): unknown {
  if (request.body === undefined) throw emptyBody();
  return request.body;
}

function parse(contentType: string | undefined, body: string): unknown {
  if (body.trim() === '') throw emptyBody();
  if (!JSON_TYPE.test(contentType ?? '')) throw wrongType(contentType);
  const value = readJson(body);
  if (tooDeep(value, DEPTH_LIMIT)) throw bodyFault(`must not nest deeper than ${DEPTH_LIMIT} levels`);
  return value;
}

function readJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    // The runtime's message quotes the body, which may hold a signature; only the place is passed on.
    const at = error instanceof SyntaxError ? / at position (\d+)/.exec(error.message)?.[1] : undefined;
    throw bodyFault(`is not valid JSON${at === undefined ? '' : `: it goes wrong at character ${at}`}`);
  }
}

function emptyBody(): FaultError {
  return bodyFault('is empty: send a JSON object; a GET on this path shows one');
}

function wrongType(contentType: string | undefined): FaultError {
  const given = contentType === undefined ? 'no content-type' : `the content-type ${quoted(contentType, 60)}`;
  return bodyFault(`came with ${given}: send JSON with the header content-type: application/json`);
}

function bodyFault(message: string): FaultError {
  return new FaultError(malformed([{ path: 'body', message }]));
}
