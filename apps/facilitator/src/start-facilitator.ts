/** Starts a facilitator inside this process. Reads no environment and listens for no signals. */
import type { Clock, Journal } from '@facilitator/engine';
import type { Logger } from 'pino';
import { type Config, secretsOf } from './config/config.ts';
import { createFacilitator } from './facilitator.ts';
import { createLog } from './meter/log.ts';
import { createScrub } from './meter/secrets.ts';

export type Overrides = {
  /** 127.0.0.1 unless given. */
  readonly host?: string;
  /** Any free port unless given. */
  readonly port?: number;
  /** Silent unless given. */
  readonly log?: Logger;
  readonly clock?: Clock;
  readonly journal?: Journal;
};

export type Running = {
  readonly url: string;
  /** Stops as on SIGTERM; `graceMs` for callers that wait, 0 unless given. Safe to repeat. */
  close(graceMs?: number): Promise<void>;
};

/** Resolves once the networks were asked and what the journal holds is reconciled: /ready says whether one is open. */
export async function startFacilitator(config: Config, overrides: Overrides = {}): Promise<Running> {
  const {
    host = '127.0.0.1',
    port = 0,
    log = createLog('silent', createScrub(secretsOf(config))),
    ...parts
  } = overrides;
  const facilitator = await createFacilitator(config, { log, ...parts });
  try {
    const url = await facilitator.listen({ host, port });
    await facilitator.open();
    return { url, close: (graceMs) => facilitator.close(graceMs) };
  } catch (error) {
    await facilitator.close();
    throw error;
  }
}
