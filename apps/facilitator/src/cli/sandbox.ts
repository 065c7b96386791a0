/** `sandbox`: everything on this machine, one payment shown, then up until it is asked to stop. */
import type { ServerConfig } from '../config/config.ts';
import { createLog } from '../meter/log.ts';
import { createScrub } from '../meter/secrets.ts';
import { startSandbox } from '../sandbox/sandbox.ts';
import { firstPayment, introduce, numbering, sellerWords, tryNext } from '../sandbox/show.ts';
import { stopWithin, untilAskedToStop } from './stop-signals.ts';

const SELLER_PORT = 4021;

export type SandboxCommand = {
  readonly server: ServerConfig;
  /** The log goes to standard error only when somebody asked for one: the story is on standard output. */
  readonly explicitLog: boolean;
};

export async function sandbox({ server, explicitLog }: SandboxCommand): Promise<number> {
  const stopped = untilAskedToStop();
  const print = (line: string) => {
    process.stdout.write(`${line}\n`);
  };
  const log = createLog(explicitLog ? server.logLevel : 'warn', createScrub([]), process.stderr);
  const tell = numbering(print);
  const ports = { facilitator: server.port, seller: SELLER_PORT };
  const world = await startSandbox({ server, log, ports, tell: (step) => tell(sellerWords(step)) });
  const close = () => stopWithin(0, () => world.close());

  introduce(world, print);
  if (server.port !== 0 && !world.url.endsWith(`:${server.port}`)) {
    print(`Port ${server.port} is taken, so the facilitator has another one this time.\n`);
  }
  const transaction = await Promise.race([firstPayment(world, print, tell), stopped.then(() => undefined)]);
  if (transaction !== undefined) tryNext(world, transaction, print);
  await stopped;
  return close();
}
