/** GET /supported: what may be paid here. The same bytes for as long as the configuration is the same. */
import { createHash } from 'node:crypto';
import type { Endpoint } from './endpoint.ts';
import type { House } from './house.ts';
import { EXTENSIONS, signersOf, supportedKinds } from './kinds.ts';

/** Sellers ask at every start; five minutes spare them and us, and are soon over when a network is added. */
const CACHE = 'public, max-age=300';

export function supportedEndpoint(house: House): Endpoint {
  const body = JSON.stringify({
    kinds: supportedKinds(house.served),
    extensions: EXTENSIONS,
    signers: signersOf(house.served),
  });
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
  return {
    path: '/supported',
    methods: {
      GET: (request, reply) => {
        reply.header('etag', etag).header('cache-control', CACHE);
        if (matches(request.headers['if-none-match'], etag)) return reply.code(304).send();
        return reply.type('application/json; charset=utf-8').send(body);
      },
    },
  };
}

function matches(ifNoneMatch: string | undefined, etag: string): boolean {
  const offered = (ifNoneMatch ?? '').split(',').map((each) => each.trim().replace(/^W\//, ''));
  return offered.includes(etag) || offered.includes('*');
}
