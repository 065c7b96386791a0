/** GET /: where things are, as text for people and as JSON for programs. */
import type { FastifyRequest } from 'fastify';
import { VERSION } from '../version.ts';
import type { Endpoint } from './endpoint.ts';
import type { House } from './house.ts';

const PATHS: Readonly<Record<string, string>> = {
  'POST /verify': 'Is this payment good? Sends nothing to the chain.',
  'POST /settle': 'Carry the payment out and prove it.',
  'POST /pay': 'Both in one request.',
  'POST /accepts': 'Complete your payment requirements with what this facilitator knows.',
  'GET /verify, /settle, /pay, /accepts': 'What to send there, with an example.',
  'GET /supported': 'Payment kinds served here.',
  'GET /networks': 'Networks and tokens, and why one is not served.',
  'GET /settlements/{id}': 'Where a payment stands, by its id or transaction hash.',
  'GET /health, /ready, /version, /metrics': 'For operators.',
};

export function rootEndpoint(house: House): Endpoint {
  const served = house.served.map(({ network }) => network.name);
  const about =
    'An x402 payment facilitator: verifies signed stablecoin payments and settles them on chain, gas included.';
  const width = Math.max(...Object.keys(PATHS).map((path) => path.length));
  const text = [
    about,
    `Version ${VERSION}. Serves: ${served.join(', ') || 'no network yet'}.`,
    '',
    ...Object.entries(PATHS).map(([path, what]) => `${path.padEnd(width)}  ${what}`),
    '',
  ].join('\n');
  const json = { name: 'x402 facilitator', version: VERSION, description: about, networks: served, endpoints: PATHS };
  return {
    path: '/',
    methods: {
      GET: (request, reply) => {
        reply.header('vary', 'accept');
        return wantsText(request) ? reply.type('text/plain; charset=utf-8').send(text) : reply.send(json);
      },
    },
  };
}

/** Browsers name text first; programs ask for JSON or anything. */
function wantsText(request: FastifyRequest): boolean {
  const accept = request.headers.accept ?? '';
  const text = accept.search(/text\/(?:html|plain|\*)/);
  const json = accept.search(/application\/json/);
  return text >= 0 && (json < 0 || text < json);
}
