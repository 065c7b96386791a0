/** The sandbox's ports are easy to remember, and taken as often as not. */
import { once } from 'node:events';
import { createServer } from 'node:net';

const TRIES = 20;

/** The first free port from `wanted` upwards, or any free one; 0 is any. */
export async function firstFreePort(host: string, wanted: number): Promise<number> {
  for (let port = wanted; wanted !== 0 && port < wanted + TRIES && port < 65_536; port += 1) {
    if (await isFree(host, port)) return port;
  }
  return 0;
}

async function isFree(host: string, port: number): Promise<boolean> {
  const probe = createServer();
  probe.listen(port, host);
  try {
    await once(probe, 'listening');
  } catch {
    return false;
  }
  probe.close();
  await once(probe, 'close');
  return true;
}
