/** How long a request may take to arrive, and what is said to bytes that never became one. */
import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { House } from './house.ts';

/** A connection that has not sent its headers by then holds a socket for nothing. */
const HEADERS_MS = 10_000;
/** The same for the whole request, counted from its first byte. */
const REQUEST_MS = 15_000;
/** How often both are looked at. Node's own pace of 30 seconds would more than double them. */
const LOOK_MS = 1_000;

/** Server options that bound the arrival of requests. */
export const ARRIVAL = {
  requestTimeout: REQUEST_MS,
  http: { headersTimeout: HEADERS_MS, connectionsCheckingInterval: LOOK_MS },
} as const;

/** Answers what the HTTP parser gave up on, in the form of every other error. */
export function answerBroken(house: House): (error: Error & { readonly code?: string }, socket: Socket) => void {
  return ({ code }, socket) => {
    // Whoever hung up hears nothing.
    if (code === 'ECONNRESET' || socket.destroyed || !socket.writable) return socket.destroy();
    const { status, message } = faultOf(code);
    const requestId = randomUUID();
    house.metrics.requests.inc({ method: 'none', route: 'unknown', status });
    // Scanners send such bytes all day: they are counted, and logged only for who looks closely.
    house.log.debug({ event: 'http.broken', requestId, status, code });
    const body = JSON.stringify({ error: message, requestId });
    socket.write(
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n` +
        'content-type: application/json; charset=utf-8\r\n' +
        `content-length: ${Buffer.byteLength(body)}\r\n` +
        `x-request-id: ${requestId}\r\n` +
        `connection: close\r\n\r\n${body}`,
    );
    socket.destroySoon();
  };
}

function faultOf(code: string | undefined): { readonly status: number; readonly message: string } {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return {
        status: 408,
        message: `The request did not arrive in time: its headers may take ${HEADERS_MS / 1000} seconds, all of it ${REQUEST_MS / 1000}.`,
      };
    case 'HPE_HEADER_OVERFLOW':
      return { status: 431, message: 'The headers are larger than 16 KiB.' };
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return { status: 413, message: 'The chunk extensions of the body are too large.' };
    default:
      return { status: 400, message: 'This is not HTTP/1.1 as this server understands it.' };
  }
}
