/** Processes that write whenever they may, and a witness inside the database. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Caip2 } from '@facilitator/protocol';
import { writerSession } from './database.ts';
import type { Place } from './store-under-test.ts';

const PROCESS = fileURLToPath(new URL('./rival-process.ts', import.meta.url));

export type Rival = {
  /** Resolves once it said this, or at once if it did. */
  said(word: string): Promise<void>;
  /** Resolves when it has been told that so many transactions of its own are stored. */
  reached(count: number): Promise<void>;
  /** Hashes of those. */
  prepared(): readonly string[];
  kill(): Promise<void>;
};

/** Starts one; resolves when it competes. */
export async function startRival(url: string, name: string): Promise<Rival> {
  const child = spawn(process.execPath, [PROCESS, url, name], { stdio: ['ignore', 'pipe', 'inherit'] });
  const words = new Set<string>();
  const hashes: string[] = [];
  let waiting: { readonly done: () => boolean; readonly resolve: () => void }[] = [];
  const closed = once(child, 'close');
  createInterface({ input: child.stdout }).on('line', (line) => {
    const [word = '', hash] = line.split(' ');
    words.add(word);
    if (hash !== undefined) hashes.push(hash);
    for (const each of waiting) if (each.done()) each.resolve();
    waiting = waiting.filter((each) => !each.done());
  });
  function until(done: () => boolean): Promise<void> {
    if (done()) return Promise.resolve();
    return new Promise((resolve) => {
      waiting.push({ done, resolve });
    });
  }
  await until(() => words.has('competes'));
  return {
    said: (word) => until(() => words.has(word)),
    reached: (count) => until(() => hashes.length >= count),
    prepared: () => hashes,
    async kill() {
      child.kill('SIGKILL');
      await closed;
    },
  };
}

export type Written = {
  readonly hash: string;
  readonly nonce: bigint;
  /** Whether the database knew the writing session as the one with the right, and no other. */
  readonly held: boolean;
  readonly session: number;
};

/** Has the database itself note, with every transaction that is stored, who had the right then. Answers the report. */
export async function watchWrites(place: Place, network: Caip2): Promise<() => Promise<readonly Written[]>> {
  await (await place.open({ writes: false })).close();
  await place.sql('create table witness (hash text, nonce bigint, held boolean, session integer)');
  await place.sql(`create function witness() returns trigger language plpgsql as $$ begin
    insert into witness select new.hash, new.nonce,
      (select array_agg(pid) from (${writerSession(network)}) as sessions) is not distinct from array[pg_backend_pid()],
      pg_backend_pid();
    return null; end $$`);
  await place.sql('create trigger witness after insert on transactions for each row execute function witness()');
  return async () => {
    const rows = await place.sql('select * from witness order by nonce');
    return rows.map((row) => ({
      hash: String(row['hash']),
      nonce: BigInt(String(row['nonce'])),
      held: row['held'] === true,
      session: Number(row['session']),
    }));
  };
}
