/** Runs the command line as a process of its own, in an empty folder and with no variables but those given. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));

export type Run = {
  readonly process: ChildProcess;
  readonly folder: string;
  /** Everything written so far, to either stream. */
  output(): string;
  /** The first match in the output, once it is there; rejects when the process ends without it. */
  says(pattern: RegExp): Promise<RegExpExecArray>;
  /** Resolves with the exit status. */
  readonly ended: Promise<number | null>;
};

export type RunOptions = {
  readonly env?: Readonly<Record<string, string>>;
  readonly folder?: string;
  /** Arguments for node itself. */
  readonly node?: readonly string[];
};

export function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'facilitator-cli-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The process is killed when the test is over, if it still runs. */
export function runCli(args: readonly string[], options: RunOptions = {}): Run {
  const { env = {}, node = [], folder = emptyFolder() } = options;
  const child = spawn(process.execPath, [...node, MAIN, ...args], {
    cwd: folder,
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  let grown = Promise.withResolvers<void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      grown.resolve();
      grown = Promise.withResolvers();
    });
  }
  const ended = once(child, 'close').then(([code]: (number | null)[]) => code ?? null);
  onTestFinished(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    await ended;
  });
  return {
    process: child,
    folder,
    ended,
    output: () => text,
    async says(pattern) {
      for (;;) {
        const found = pattern.exec(text);
        if (found !== null) return found;
        const over = await Promise.race([grown.promise.then(() => false), ended.then(() => true)]);
        if (over && !pattern.test(text)) throw new Error(`ended without ${pattern}:\n${text}`);
      }
    },
  };
}
