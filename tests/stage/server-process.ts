/** `serve` as a process of its own, as operators run it: watched by its log, ended by its process id. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { guard } from '@facilitator/testing';
import { callerOf } from './facilitator.ts';

const MAIN = fileURLToPath(new URL('../../apps/facilitator/src/main.ts', import.meta.url));

type LogLine = Readonly<Record<string, unknown>>;

export type ServerProcess = ReturnType<typeof callerOf> & {
  readonly url: string;
  /** Resolves with the first log line of this event, also one of the past. Rejects when the process ends without it. */
  logged(event: string): Promise<LogLine>;
  kill(signal: NodeJS.Signals): void;
  readonly ended: Promise<Ending>;
  /** Everything it wrote, and every answer it gave. */
  told(): string;
};

/** `code` is null when a signal ended it. */
type Ending = { readonly code: number | null; readonly output: string };

export type Started =
  | { readonly status: 'listening'; readonly server: ServerProcess }
  /** It refused to start. */
  | { readonly status: 'ended'; readonly ending: Ending };

/**
 * Starts it with these variables and no others, in an empty folder. Resolves when it listens or has ended. `command`: the
 * entry and its arguments, where it is not the program's own.
 */
export async function startServer(
  env: Readonly<Record<string, string>>,
  folder: string,
  command: readonly string[] = [MAIN, 'serve'],
): Promise<Started> {
  const child = spawn(process.execPath, [...command], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], HOST: '127.0.0.1', PORT: '0', LOG_LEVEL: 'debug', ...env },
  });
  const told: string[] = [];
  const lines: LogLine[] = [];
  const awaited = new Map<string, PromiseWithResolvers<LogLine>>();
  createInterface({ input: child.stdout }).on('line', (text) => {
    told.push(text);
    const line: LogLine = text.startsWith('{') ? JSON.parse(text) : {};
    lines.push(line);
    awaited.get(`${line['event']}`)?.resolve(line);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => told.push(text));
  const ended = once(child, 'close').then(([code]): Ending => ({ code, output: told.join('\n') }));
  await once(child, 'spawn');
  const dismiss = guard(child.pid ?? 0);
  ended.then(({ output }) => {
    dismiss();
    for (const { reject } of awaited.values()) reject(new Error(`the server ended:\n${output}`));
  });

  function logged(event: string): Promise<LogLine> {
    const past = lines.find((line) => line['event'] === event);
    if (past !== undefined) return Promise.resolve(past);
    const waiting = awaited.get(event) ?? Promise.withResolvers<LogLine>();
    // Whoever does not look at it any more does not mind.
    waiting.promise.catch(() => undefined);
    awaited.set(event, waiting);
    return waiting.promise;
  }

  const listening = await Promise.race([logged('http.listening'), ended]);
  if ('output' in listening) return { status: 'ended', ending: await ended };
  const url = `${listening['url']}`;
  const caller = callerOf(url, (text) => told.push(text));
  return {
    status: 'listening',
    server: { ...caller, url, logged, kill: (signal) => child.kill(signal), ended, told: () => told.join('\n') },
  };
}
