/** A server process of our own: started, watched, and ended by its process id. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { guard } from './guard.ts';

export type Child = {
  readonly pid: number;
  /** The last few kilobytes that it wrote to stderr. */
  complaint(): string;
  /** Resolves when it has ended, whoever ended it. */
  readonly ended: Promise<void>;
  /** Sends the signal and waits for the end. Safe to repeat. */
  stop(signal: NodeJS.Signals): Promise<void>;
};

export type ChildOptions = {
  readonly command: string;
  readonly args: readonly string[];
  /** User and group to run as; only root may ask for another than its own. */
  readonly identity?: { readonly uid: number; readonly gid: number };
  /** Keeps the terminal's Ctrl-C from it, so that whoever started it decides when it ends. */
  readonly detached?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Called with each piece of stdout and stderr. */
  readonly onOutput: (text: string) => void;
};

const COMPLAINT_CHARACTERS = 4_000;

/** Rejects when the process cannot be started at all. It does not outlive this process. */
export async function startChild(options: ChildOptions): Promise<Child> {
  const child = spawn(options.command, options.args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...options.env },
    detached: options.detached ?? false,
    ...options.identity,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(-COMPLAINT_CHARACTERS);
    options.onOutput(text);
  });
  child.stdout.setEncoding('utf8').on('data', options.onOutput);
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  await once(child, 'spawn');
  const { pid } = child;
  if (pid === undefined) throw new Error(`${options.command} has no process id`);
  const dismiss = guard(pid);
  ended.then(dismiss);
  return {
    pid,
    complaint: () => complaint.trim(),
    ended,
    async stop(signal) {
      child.kill(signal);
      await ended;
    },
  };
}
