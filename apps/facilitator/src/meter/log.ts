/** The one logger: JSON lines, one stable event name each, scrubbed of secrets on their way out. */
import { type DestinationStream, type Logger, pino } from 'pino';
import type { Scrub } from './secrets.ts';

export type LogLevel = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';

/** Lines go to standard output unless `destination` is given. */
export function createLog(level: LogLevel, scrub: Scrub, destination?: DestinationStream): Logger {
  const options = {
    level,
    base: null,
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    hooks: { streamWrite: scrub },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}
