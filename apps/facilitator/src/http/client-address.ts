/** Who asks, as far as requests are counted by it. */
import { isIP } from 'node:net';
import { normalizeIP } from '@fastify/rate-limit';
import type { FastifyRequest } from 'fastify';

/** A peer without an address, such as one on a Unix socket, is one client. */
const NOWHERE = 'none';

/**
 * The client's address; of IPv6 the /64, which is what one customer gets. Behind proxies it is what the last trusted one
 * wrote, some of which add the port.
 */
export function clientAddress(request: FastifyRequest): string {
  // Not always there, whatever its type says.
  const ip: string | undefined = request.ip;
  if (ip === undefined || ip === '') return NOWHERE;
  const bare = /^\[(.+)\](?::\d+)?$/.exec(ip)?.[1] ?? /^([\d.]+):\d+$/.exec(ip)?.[1] ?? ip;
  return isIP(bare) === 0 ? ip : normalizeIP(bare);
}
