/** The two stores as the conformance suite sees them: fresh places for journals, and raw SQL beside them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type Clock, type Journal, systemClock } from '@facilitator/engine';
import { startPostgres } from '@facilitator/testing';
import { Client } from 'pg';
import { type OpenJournalOptions, openJournal } from '../src/index.ts';
import { NETWORK, OTHER_NETWORK, write } from './samples.ts';

type Row = Readonly<Record<string, unknown>>;

/** Where one journal lives. */
export type Place = {
  readonly url: string;
  /** Opens a journal that may prepare on the sample networks, unless `writes` is false. */
  open(options?: Partial<OpenJournalOptions> & { readonly writes?: boolean }): Promise<Journal>;
  /** Runs SQL beside the journal. SQLite's file is its owner's alone, so there it must be closed. */
  sql(text: string, parameters?: readonly (string | bigint | null)[]): Promise<readonly Row[]>;
  /** Closes what is open and removes everything. */
  clear(): Promise<void>;
};

export type StoreUnderTest = {
  readonly name: 'SQLite' | 'PostgreSQL';
  start(): Promise<void>;
  stop(): Promise<void>;
  place(): Promise<Place>;
};

/** Time stands at one second and paces by the machine. */
export const NOW = 1_700_000_000n;
export const steadyClock: Clock = { ...systemClock, now: () => NOW };

function opener(url: string): { readonly open: Place['open']; readonly close: () => Promise<void> } {
  const journals: Journal[] = [];
  return {
    async open({ writes = true, ...options } = {}) {
      const journal = await openJournal({ url, clock: steadyClock, ...options });
      journals.push(journal);
      if (writes) await Promise.all(([NETWORK, OTHER_NETWORK] as const).map((network) => write(journal, network)));
      return journal;
    },
    async close() {
      await Promise.all(journals.map((journal) => journal.close()));
    },
  };
}

export const sqlite: StoreUnderTest = {
  name: 'SQLite',
  async start() {},
  async stop() {},
  async place() {
    const folder = mkdtempSync(join(tmpdir(), 'facilitator-journal-'));
    const path = join(folder, 'journal.db');
    const url = `sqlite:${path}`;
    const { open, close } = opener(url);
    return {
      url,
      open,
      async sql(text, parameters = []) {
        const database = new DatabaseSync(path, { readBigInts: true });
        try {
          return database.prepare(text).all(...parameters);
        } finally {
          database.close();
        }
      },
      async clear() {
        await close();
        rmSync(folder, { recursive: true, force: true });
      },
    };
  },
};

export function postgres(): StoreUnderTest {
  let server: Awaited<ReturnType<typeof startPostgres>> | undefined;
  let places = 0;

  async function ask(url: string, text: string, parameters: readonly (string | bigint | null)[] = []) {
    const client = new Client({ connectionString: url });
    await client.connect();
    try {
      return (await client.query(text, [...parameters])).rows;
    } finally {
      await client.end();
    }
  }

  return {
    name: 'PostgreSQL',
    async start() {
      server = await startPostgres();
    },
    async stop() {
      await server?.stop();
    },
    async place() {
      if (server === undefined) throw new Error('PostgreSQL is not started');
      const base = server.url;
      const name = `journal_${places++}`;
      await ask(base, `create database ${name}`);
      const url = base.replace(/\/postgres$/, `/${name}`);
      const { open, close } = opener(url);
      return {
        url,
        open,
        sql: (text, parameters) => ask(url, text, parameters),
        async clear() {
          await close();
          await ask(base, `drop database ${name} with (force)`);
        },
      };
    },
  };
}
