/** A Node process of the bench: started from a file of ours, asked over its IPC channel, ended by its process id. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export type NodeChild = AsyncDisposable & {
  readonly pid: number;
  /** Sends a question and resolves with the answer. Rejects when the process ends first. */
  ask(question: string): Promise<unknown>;
  /** The last few kilobytes that it wrote. */
  output(): string;
  /** Resolves when it has ended, whoever ended it. */
  readonly ended: Promise<void>;
};

export type NodeChildOptions = {
  readonly entry: URL;
  readonly args?: readonly string[];
  /** For Node itself. */
  readonly flags?: readonly string[];
  /** Added to PATH and HOME: nothing else of this process's environment reaches it. */
  readonly env?: Readonly<Record<string, string>>;
};

const PROBE = new URL('./process-probe.ts', import.meta.url);
const OUTPUT_CHARACTERS = 4_000;
const GRACE_MS = 5_000;

/** Rejects when the process cannot be started at all. It ends itself when this process is gone. */
export async function startNode({ entry, args = [], flags = [], env = {} }: NodeChildOptions): Promise<NodeChild> {
  const child = spawn(process.execPath, [...flags, '--import', PROBE.href, fileURLToPath(entry), ...args], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', NODE_ENV: 'production', ...env },
    // Ctrl-C is for the bench alone, which then ends its processes in order.
    detached: true,
  });
  let output = '';
  const listen = (text: string) => {
    output = (output + text).slice(-OUTPUT_CHARACTERS);
  };
  child.stdout?.setEncoding('utf8').on('data', listen);
  child.stderr?.setEncoding('utf8').on('data', listen);
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  child.on('message', (message) => {
    const reply = readReply(message);
    if (reply === undefined) return;
    waiting.get(reply.id)?.resolve(reply.answer);
    waiting.delete(reply.id);
  });
  let end = '';
  const ended = new Promise<void>((resolve) =>
    child.once('close', (code, signal) => {
      end = `ended by ${signal ?? `exit code ${code}`}`;
      resolve();
    }),
  );
  const gone = () => new Error(`${entry.pathname} ${end}: ${output.trim()}`);
  ended.then(() => {
    for (const { reject } of waiting.values()) reject(gone());
  });
  await once(child, 'spawn');
  // A question to a process that is just ending: its end rejects it.
  child.on('error', () => undefined);
  const { pid } = child;
  if (pid === undefined) throw new Error(`${entry.pathname} has no process id`);
  let questions = 0;
  return {
    pid,
    async ask(question) {
      const id = questions++;
      const answer = Promise.withResolvers<unknown>();
      waiting.set(id, answer);
      if (child.connected) child.send({ id, question });
      else ended.then(() => answer.reject(gone()));
      return answer.promise;
    },
    output: () => output.trim(),
    ended,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      const over = new AbortController();
      await Promise.race([ended, sleep(GRACE_MS, undefined, { signal: over.signal }).catch(() => undefined)]);
      over.abort();
      child.kill('SIGKILL');
      await ended;
    },
  };
}

function readReply(message: unknown): { readonly id: number; readonly answer: unknown } | undefined {
  if (typeof message !== 'object' || message === null || !('id' in message) || !('answer' in message)) return undefined;
  return typeof message.id === 'number' ? { id: message.id, answer: message.answer } : undefined;
}
