/** A loopback port that nobody listens on at the moment of asking. */
import { once } from 'node:events';
import { createServer } from 'node:net';

/** The system may give the port to somebody else before it is used: whoever starts a server on it should try again. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('a TCP server has no port');
  return address.port;
}
