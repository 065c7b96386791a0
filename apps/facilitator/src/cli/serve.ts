/** `serve`: the facilitator, until it is asked to stop. */
import { JournalError } from '@facilitator/journal';
import { type Config, type ServerConfig, secretsOf } from '../config/config.ts';
import { loadConfig } from '../config/load-config.ts';
import { createFacilitator, type Facilitator } from '../facilitator.ts';
import { createLog } from '../meter/log.ts';
import { createScrub } from '../meter/secrets.ts';
import { UnusableKeys } from '../signers/open-signers.ts';
import { VERSION } from '../version.ts';
import { complain, remark } from './complain.ts';
import { type Environment, readEnvironment } from './environment.ts';
import { stopWithin, untilAskedToStop } from './stop-signals.ts';

export type ServeOptions = { readonly env?: string };

/** Resolves to an exit status when it cannot start; otherwise the process ends with it. */
export async function serve(options: ServeOptions): Promise<number> {
  const read = readEnvironment(options.env);
  if (read.status === 'unreadable') return fail(`${read.path} cannot be read.`);
  const { env } = read;
  const reading = loadConfig(env, process.cwd());
  remark(reading.notices);
  switch (reading.status) {
    case 'problems':
      complain(reading.problems);
      return 1;
    case 'unconfigured': {
      // A container without its secrets must not come up with play money.
      if (env['NODE_ENV'] === 'production') {
        return fail(
          'Neither an RPC nor a key is configured. Set for example RPC_URL_BASE and EVM_PRIVATE_KEY_MAINNET.',
        );
      }
      return startSandbox(reading.server, env);
    }
    case 'config':
      return run(reading.config);
  }
}

/** The sandbox whatever else is configured: only its port and log level are read. */
export async function serveSandbox(options: ServeOptions): Promise<number> {
  const read = readEnvironment(options.env);
  if (read.status === 'unreadable') return fail(`${read.path} cannot be read.`);
  const { PORT, LOG_LEVEL } = read.env;
  const reading = loadConfig({ PORT, LOG_LEVEL }, process.cwd());
  if (reading.status === 'unconfigured') return startSandbox(reading.server, read.env);
  if (reading.status === 'problems') complain(reading.problems);
  return 1;
}

async function startSandbox(server: ServerConfig, env: Environment): Promise<number> {
  const { sandbox } = await import('./sandbox.ts');
  return sandbox({ server, explicitLog: env['LOG_LEVEL'] !== undefined });
}

async function run(config: Config): Promise<number> {
  const stopped = untilAskedToStop();
  const { host, port, logLevel, shutdownMs } = config.server;
  const log = createLog(logLevel, createScrub(secretsOf(config)));
  const served = config.served.map(({ network }) => network.name);
  log.info({ event: 'start', version: VERSION, pid: process.pid, node: process.versions.node, served });
  // Node would print the error as it is, with whatever address or key is in it.
  const crash = (error: unknown) => {
    log.fatal({ event: 'crash', err: error });
    process.exit(1);
  };
  process.on('uncaughtException', crash).on('unhandledRejection', crash);
  let facilitator: Facilitator;
  try {
    const created = await Promise.race([createFacilitator(config, { log, processMetrics: true }), stopped]);
    // Nothing was begun that an end could harm.
    if (typeof created === 'string') return stopWithin(0, async () => log.info({ event: 'stop', signal: created }));
    facilitator = created;
  } catch (error) {
    if (error instanceof UnusableKeys) {
      complain(error.problems);
      return 1;
    }
    if (error instanceof JournalError) return fail(error.message);
    throw error;
  }
  try {
    const url = await facilitator.listen({ host, port });
    log.info({ event: 'http.listening', url });
  } catch (error) {
    await facilitator.close();
    return fail(listenFault(error, host, port));
  }
  const opened = facilitator.open().then(() => {
    log.info({ event: 'ready', ready: facilitator.engine.ready() });
  });
  opened.catch((error: unknown) => log.error({ event: 'fault', detail: 'opening the networks failed', err: error }));
  const signal = await stopped;
  log.info({ event: 'stop', signal });
  return stopWithin(shutdownMs, async () => {
    await facilitator.close(shutdownMs);
    log.info({ event: 'stopped' });
  });
}

function listenFault(error: unknown, host: string, port: number): string {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
  if (code === 'EADDRINUSE') return `${host}:${port} is taken by another program. Set PORT to a free one.`;
  if (code === 'EACCES') return `Listening on port ${port} is not allowed to this user. Set PORT to one above 1023.`;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return `${host} is no address of this machine. Set HOST to one.`;
  return `Listening on ${host}:${port} failed (${typeof code === 'string' ? code : String(error)}).`;
}

function fail(message: string): number {
  process.stderr.write(`${message}\n`);
  return 1;
}
