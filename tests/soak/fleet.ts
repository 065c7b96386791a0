/** The servers of a soak: real processes on one journal, killed and started again, weighed once a second. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ServerProcess, startServer } from '../stage/server-process.ts';
import type { Lots } from '../trade/lots.ts';

/** What one process weighed, from its start to its end. */
export type Life = {
  readonly startedAt: number;
  /** Megabytes, one a second. */
  readonly memory: number[];
  /** Open file descriptors, one a second; none where the system does not tell. */
  readonly files: number[];
};

export type Fleet = {
  /** Where one of them listens; undefined while none does. */
  url(): string | undefined;
  /** kill -9 of one, and another in its place. Resolves when that one listens. */
  killOne(): Promise<void>;
  readonly lives: readonly Life[];
  readonly kills: () => number;
  /** Takes the weight of each. */
  weigh(): Promise<void>;
  /** Megabytes of the heaviest one now. */
  heaviest(): number;
  /** SIGTERM to each; answers the exit codes. */
  stop(): Promise<readonly (number | null)[]>;
  /** Ends whatever still runs. */
  [Symbol.asyncDispose](): Promise<void>;
};

export type FleetOptions = {
  readonly size: number;
  readonly env: Readonly<Record<string, string>>;
  readonly folder: string;
  readonly keep: string | undefined;
  readonly lots: Lots;
};

type Member = { readonly server: ServerProcess; readonly life: Life };

/** Resolves when all of them listen. */
export async function startFleet(options: FleetOptions): Promise<Fleet> {
  const { size, env, folder, keep, lots } = options;
  const members: Member[] = [];
  const lives: Life[] = [];
  let kills = 0;

  async function launch(): Promise<void> {
    const started = await startServer(env, folder);
    if (started.status === 'ended') throw new Error(`a server did not start: ${started.ending.output}`);
    const life: Life = { startedAt: performance.now(), memory: [], files: [] };
    const { server } = started;
    const number = lives.push(life);
    const member = { server, life };
    members.push(member);
    server.ended.then(({ output }) => {
      if (members.includes(member)) members.splice(members.indexOf(member), 1);
      return keep === undefined ? undefined : leave(keep, number, output);
    });
  }

  await Promise.all(Array.from({ length: size }, launch));

  return {
    lives,
    kills: () => kills,
    url: () => (members.length === 0 ? undefined : lots.one(members).server.url),
    async killOne() {
      const victim = members.length === 0 ? undefined : lots.one(members);
      if (victim !== undefined) {
        members.splice(members.indexOf(victim), 1);
        victim.server.kill('SIGKILL');
        await victim.server.ended;
        kills += 1;
      }
      await launch();
    },
    async weigh() {
      await Promise.all(members.map(weigh));
    },
    heaviest: () => Math.max(0, ...members.map(({ life }) => life.memory.at(-1) ?? 0)),
    async stop() {
      const all = [...members];
      for (const { server } of all) server.kill('SIGTERM');
      return Promise.all(all.map(async ({ server }) => (await server.ended).code));
    },
    async [Symbol.asyncDispose]() {
      const all = [...members];
      for (const { server } of all) server.kill('SIGKILL');
      await Promise.all(all.map(({ server }) => server.ended));
    },
  };
}

async function weigh({ server, life }: Member): Promise<void> {
  try {
    const response = await fetch(`${server.url}/metrics`);
    const text = await response.text();
    const memory = read(text, 'process_resident_memory_bytes');
    const files = read(text, 'process_open_fds');
    if (memory !== undefined) life.memory.push(memory / 2 ** 20);
    if (files !== undefined) life.files.push(files);
  } catch {
    // It was just killed.
  }
}

function read(text: string, name: string): number | undefined {
  const found = new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1];
  return found === undefined ? undefined : Number(found);
}

async function leave(keep: string, number: number, output: string): Promise<void> {
  await mkdir(keep, { recursive: true });
  await writeFile(join(keep, `server-${number}.log`), output);
}
