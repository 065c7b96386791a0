/** No connection outlives the server longer than its answer needs. */
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

/**
 * An answer that is sent while the server closes is the last on its connection: a kept one would hold up the end. So would
 * one on which nobody has asked anything yet, as load balancers and browsers open them ahead: Node does not count it as idle.
 */
export function endConnectionsOnClose(app: FastifyInstance): void {
  const silent = new Set<Socket>();
  let closing = false;
  app.server.on('connection', (socket: Socket) => {
    if (closing) return socket.destroy();
    silent.add(socket);
    socket.once('close', () => silent.delete(socket));
  });
  app.server.on('request', ({ socket }) => silent.delete(socket));
  app.addHook('preClose', async () => {
    closing = true;
    for (const socket of silent) socket.destroy();
  });
  app.addHook('onSend', async (_request, reply) => {
    if (closing) reply.header('connection', 'close');
  });
}
