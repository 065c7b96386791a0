/** A server between the journal and PostgreSQL that breaks connections where it hurts. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/**
 * `early`     the connection breaks in the middle of the transaction
 * `before`    the connection breaks and COMMIT never reaches the server
 * `after`     COMMIT is done, and its answer is lost
 * `gone`      as `after`, and the server cannot be reached again
 */
export type Break = 'early' | 'before' | 'after' | 'gone';

export type Breaker = Awaited<ReturnType<typeof startBreaker>>;

/** Passes connections on to PostgreSQL and breaks one at the next insert or COMMIT, once armed. */
export async function startBreaker(url: string) {
  const { hostname, port } = new URL(url);
  let armed: Break | undefined;
  let gone = false;
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    if (gone) return near.destroy();
    const far = connect(Number(port), hostname);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        near.destroy();
        far.destroy();
        sockets.delete(socket);
      });
    }
    let broken = false;
    near.on('data', (data) => {
      const trigger = armed === 'early' ? 'insert into' : 'commit\0';
      if (armed !== undefined && data.includes(trigger)) {
        broken = true;
        gone = armed === 'gone';
        if (gone) for (const socket of sockets) if (socket !== near && socket !== far) socket.destroy();
        if (armed === 'before' || armed === 'early') near.destroy();
        armed = undefined;
      }
      if (!near.destroyed) far.write(data);
    });
    far.on('data', (data) => {
      if (broken) near.destroy();
      else near.write(data);
    });
    return undefined;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port: own } = server.address() as AddressInfo;
  return {
    url: url.replace(`:${port}/`, `:${own}/`),
    arm(how: Break) {
      armed = how;
    },
    /** Ends all connections and lets none in. */
    cut() {
      gone = true;
      for (const socket of sockets) socket.destroy();
    },
    mend() {
      gone = false;
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
