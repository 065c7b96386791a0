import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { systemClock } from '@facilitator/engine';
import { type Postgres, startPostgres } from '@facilitator/testing';
import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { NETWORK, sampleClaim } from '../tests/samples.ts';
import { openJournal } from './index.ts';

const PROCESS = fileURLToPath(new URL('../tests/open-process.ts', import.meta.url));

function open(url: string | undefined) {
  return openJournal({ url, clock: systemClock });
}

async function failure(url: string): Promise<Error> {
  return open(url).then(
    async (journal) => {
      await journal.close();
      throw new Error('it opened');
    },
    (error) => error,
  );
}

/** Starts a process that opens a journal; answers what it says and how to kill it. */
async function otherProcess(cwd: string, ...url: readonly string[]) {
  const child = spawn(process.execPath, [PROCESS, ...url], { cwd, stdio: ['ignore', 'pipe', 'inherit'] });
  const [said] = await once(child.stdout, 'data');
  return {
    said: `${said}`.trim(),
    async kill() {
      if (child.exitCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

describe('SQLite', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'facilitator-open-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  test.each([
    ['sqlite:', ''],
    ['sqlite://', ''],
    ['SQLite:', ''],
  ])('%sPATH makes folder and file, for their owner only', async (prefix) => {
    const path = join(folder, 'deep', 'er', 'journal.db');
    const journal = await open(`${prefix}${path}`);
    await journal.claim(sampleClaim('a'));
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(`${path}-wal`).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, 'deep')).mode & 0o777).toBe(0o700);
    await journal.close();
    const file = new DatabaseSync(path, { readOnly: true });
    expect(file.prepare('pragma journal_mode').get()).toEqual({ journal_mode: 'wal' });
    file.close();
    const again = await open(`sqlite:${path}`);
    expect((await again.unfinished(NETWORK)).payments).toHaveLength(1);
    await again.close();
  });

  test.each([':memory:', 'sqlite::memory:'])('%s forgets', async (url) => {
    const journal = await open(url);
    await journal.claim(sampleClaim('a'));
    expect(await journal.payment('a')).toMatchObject({ state: 'claimed' });
    await journal.close();
    const again = await open(url);
    expect(await again.payment('a')).toBeUndefined();
    await again.close();
    expect(existsSync(':memory:')).toBe(false);
  });

  test('a second process is refused at once, and let in after a kill', async () => {
    const path = join(folder, 'journal.db');
    const other = await otherProcess(folder, `sqlite:${path}`);
    expect(other.said).toBe('open');
    const error = await failure(`sqlite:${path}`);
    expect(error).toMatchObject({ fault: 'in-use', message: expect.stringContaining(path) });
    await other.kill();
    await (await open(`sqlite:${path}`)).close();
    const journal = await open(`sqlite:${path}`);
    const late = await otherProcess(folder, `sqlite:${path}`);
    expect(late.said).toMatch(/^in-use: .*in use by another process.*Stop that one first/);
    await journal.close();
  });

  test('without a URL it is data/journal.db', async () => {
    const other = await otherProcess(folder);
    expect(other.said).toBe('open');
    await other.kill();
    expect(existsSync(join(folder, 'data', 'journal.db'))).toBe(true);
  });

  test('says what to do about a place that cannot be written', async () => {
    writeFileSync(join(folder, 'file'), '');
    mkdirSync(join(folder, 'folder'));
    for (const path of [join(folder, 'file', 'journal.db'), join(folder, 'folder'), '/proc/none/journal.db']) {
      const error = await failure(`sqlite:${path}`);
      expect(error).toMatchObject({ fault: 'unusable', message: expect.stringContaining(path) });
      expect(error.message).toMatch(/cannot be written.*Give the journal URL a folder/);
    }
  });

  test('leaves a file alone that is no journal', async () => {
    const path = join(folder, 'letter.txt');
    const letter = 'Dear reader, '.repeat(1_000);
    writeFileSync(path, letter);
    expect(await failure(`sqlite:${path}`)).toMatchObject({
      fault: 'unusable',
      message: expect.stringContaining(path),
    });
    expect(statSync(path).size).toBe(letter.length);
  });
});

describe('PostgreSQL', () => {
  let server: Postgres;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server.stop());

  test('gives a write up that the server cannot do in time', async () => {
    const journal = await open(server.url);
    const blocker = new Client({ connectionString: server.url });
    await blocker.connect();
    await blocker.query('begin; lock table payments in share mode');
    await expect(journal.claim(sampleClaim('patient'))).rejects.toMatchObject({
      fault: 'unavailable',
      message: expect.stringContaining('longer than its deadline'),
    });
    await blocker.query('rollback');
    await blocker.end();
    expect(await journal.claim(sampleClaim('patient'))).toEqual({ status: 'claimed' });
    await journal.close();
  });

  test('gives a server up that accepts and says nothing', async () => {
    const mute = createServer((socket) => socket.on('error', () => undefined));
    mute.listen(0, '127.0.0.1');
    await once(mute, 'listening');
    const { port } = mute.address() as AddressInfo;
    expect(await failure(`postgres://user:hunter2@127.0.0.1:${port}/x`)).toMatchObject({
      fault: 'unavailable',
      message: expect.stringContaining('no connection within the deadline'),
    });
    mute.close();
  });

  test('commits to disk even where the server’s default is not to', async () => {
    const client = new Client({ connectionString: server.url });
    await client.connect();
    await client.query('alter database postgres set synchronous_commit = off');
    await client.query('create table if not exists seen (setting text)');
    const journal = await open(server.url);
    await client.query(`create function note() returns trigger language plpgsql as
      $$ begin insert into seen values (current_setting('synchronous_commit')); return null; end $$`);
    await client.query('create trigger note after insert on payments for each row execute function note()');
    await journal.claim(sampleClaim('a'));
    expect((await client.query('select * from seen')).rows).toEqual([{ setting: 'on' }]);
    await client.end();
    await journal.close();
  });

  test('a failure to open names the fix and shows nothing of the URL', async () => {
    const { port } = new URL(server.url);
    const secret = 'hunter2';
    const cases = [
      [`postgres://postgres:${secret}@127.0.0.1:1/postgres`, /nothing listens/, 'unavailable'],
      [`postgres://postgres:${secret}@127.0.0.1:${port}/postgres`, /user or the password/],
      [`postgresql://${secret}@nowhere.invalid/postgres`, /host of the journal URL/],
      [server.url.replace(/postgres$/, secret), /does not exist/],
      [`postgres://user:${secret}@[::/x`, /cannot be read/],
      [`postgres://user:${secret}@127.0.0.1:99999999/x`, /cannot be read/],
      [`${server.url}?sslmode=verify-full&application_name=${secret}`, /no TLS/],
    ] as const;
    for (const [url, fix, fault = 'unusable'] of cases) {
      const error = await failure(url);
      expect(error).toMatchObject({ name: 'JournalError', fault });
      expect(error.message).toMatch(fix);
      const shown = inspect(error, { depth: 9, showHidden: true }) + JSON.stringify(error);
      for (const part of [secret, /postgres:\/\//, `:${port}`]) expect(shown).not.toMatch(part);
    }
  });

  test('an error about a write shows nothing of what was written', async () => {
    const journal = await open(server.url);
    const secret = '0xsignature';
    const error = await journal
      .claim(sampleClaim('z', { authorization: secret, key: secret.repeat(60) }))
      .catch((fault) => fault);
    expect(error).toMatchObject({ fault: 'refused' });
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(secret);
    await journal.close();
  });
});

test.each(['mysql://root:hunter2@localhost/x', 'journal.db', '', 'sqlite:'])(
  'refuses the URL %j without repeating it',
  async (url) => {
    const error = await failure(url);
    expect(error).toMatchObject({ fault: 'unusable', message: expect.stringContaining('sqlite:PATH') });
    expect(error.message).not.toContain('hunter2');
  },
);
