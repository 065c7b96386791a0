/** Turns the environment into a configuration, or into a list of what must be mended. Pure. */
import { closestMatch } from 'leven';
import type { LogLevel } from '../meter/log.ts';
import { readCeilings } from './ceilings.ts';
import { readConduct } from './conduct.ts';
import type { Problem, Reading, ServerConfig } from './config.ts';
import { readEndpoints } from './endpoints.ts';
import { type Environment, environment, type VariableName } from './environment.ts';
import { BAD_ESCAPE, escapeProblem } from './escapes.ts';
import { type Keys, readKeys } from './keys.ts';
import { readOwnFile } from './own-file.ts';
import { decideServing } from './serving.ts';
import { readSpending } from './spending.ts';
import { VARIABLES } from './variables.ts';

const LONGEST_WAIT_SECONDS = 60;

/** `file` is the content of CONFIG_FILE, which the caller reads. Nothing in the result but `config` holds a value. */
export function readConfig(env: Readonly<Record<string, string | undefined>>, file?: string): Reading {
  const given = withoutBlanks(env);
  const { values, problems: formProblems } = readValues(given);
  const server = serverConfig(values);
  const keys = readKeys(values);
  const own = readOwnFile(file, given);
  const notices = [...strayNames(given), ...oldNames(values)];
  if (own.status === 'problems') {
    return { status: 'problems', problems: [...formProblems, ...keys.problems, ...own.problems], notices };
  }
  const { networks } = own;
  const endpoints = readEndpoints(given, networks);
  const ceilings = readCeilings(given, networks);
  const spending = readSpending(given, networks);
  const conduct = readConduct(given, networks, values.BATCHING);
  const perNetwork = [endpoints, ceilings, spending, conduct];
  notices.push(...perNetwork.flatMap((read) => read.notices));
  const problems = [...formProblems, ...keys.problems, ...perNetwork.flatMap((read) => read.problems)];

  const asked = Object.keys(keys.keys).length > 0 || endpoints.urls.size > 0 || values.NETWORKS !== undefined;
  if (problems.length === 0 && !asked && file === undefined) return { status: 'unconfigured', server, notices };

  // A setting that cannot be read would look like none at all, and be complained of twice.
  if (problems.length > 0) return { status: 'problems', problems, notices };
  const { urls } = endpoints;
  const serving = decideServing({
    networks,
    urls,
    ceilings: ceilings.ceilings,
    spending: spending.spending,
    conduct: conduct.conduct,
    keys: keys.keys,
    only: values.NETWORKS,
  });
  notices.push(...serving.notices);
  if (serving.problems.length > 0) return { status: 'problems', problems: serving.problems, notices };
  if (serving.served.length === 0) return { status: 'problems', problems: [nothingToServe(keys.keys)], notices };
  return {
    status: 'config',
    notices,
    config: {
      server,
      journalUrl: values.JOURNAL_URL ?? values.DATABASE_URL,
      journalKeepDays: values.JOURNAL_KEEP_DAYS ?? 90,
      networks,
      served: serving.served,
      unserved: serving.unserved,
      anyAsset: values.ALLOW_ANY_ASSET ?? false,
      factories: values.ERC6492_FACTORIES ?? [],
    },
  };
}

/** What can be read, and a problem for each variable that cannot. */
function readValues(given: ReadonlyMap<string, string>) {
  const read = environment.safeParse(Object.fromEntries(given));
  if (read.success) return { values: read.data, problems: [] };
  const wrong = new Set(read.error.issues.map(({ path }) => String(path[0])));
  const escapes = new Set(read.error.issues.flatMap(({ path, message }) => (message === BAD_ESCAPE ? [path[0]] : [])));
  const readable = [...given].filter(([name]) => !wrong.has(name));
  const problems = [...wrong].flatMap((name) => (escapes.has(name) ? [escapeProblem(name)] : formProblem(name)));
  return { values: environment.parse(Object.fromEntries(readable)), problems };
}

/** Compose files and shells leave empty variables behind; they mean "not set". */
function withoutBlanks(env: Readonly<Record<string, string | undefined>>): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(env).flatMap(([name, value = '']) => (value.trim() === '' ? [] : [[name, value.trim()] as const])),
  );
}

function formProblem(name: string): readonly Problem[] {
  if (!isVariable(name)) return [];
  const { form, example, fallback } = VARIABLES[name];
  const fix = `Set it to something like ${name}=${example}, or leave it out (then: ${fallback}).`;
  return [{ variable: name, expected: `must be ${form}`, fix }];
}

function isVariable(name: string): name is VariableName {
  return Object.hasOwn(VARIABLES, name);
}

function serverConfig(values: Environment): ServerConfig {
  const wait = values.SETTLE_WAIT_SECONDS ?? values.TX_RECEIPT_TIMEOUT_SECS ?? 20;
  return {
    host: values.HOST ?? '0.0.0.0',
    port: values.PORT ?? 8080,
    logLevel: values.LOG_LEVEL ?? rustLevel(values.RUST_LOG) ?? 'info',
    bodyLimit: values.MAX_REQUEST_BODY_BYTES ?? 65_536,
    settleWaitMs: Math.min(wait, LONGEST_WAIT_SECONDS) * 1000,
    settleFailureStatus: values.SETTLE_FAILURE_STATUS ?? 200,
    keepAliveMs: (values.KEEP_ALIVE_SECONDS ?? 185) * 1000,
    shutdownMs: (values.SHUTDOWN_SECONDS ?? 10) * 1000,
    corsOrigins: values.CORS_ORIGINS ?? ['*'],
    rateLimitPerMinute: values.RATE_LIMIT_PER_MINUTE,
    trustProxyHops: values.TRUST_PROXY_HOPS ?? 0,
    maxConcurrentRequests: values.MAX_CONCURRENT_REQUESTS ?? 20_000,
  };
}

/** The plain level in a filter such as `info,hyper=warn`. */
function rustLevel(filter: string | undefined): LogLevel | undefined {
  const plain = filter
    ?.split(',')
    .find((part) => !part.includes('='))
    ?.trim()
    .toLowerCase();
  switch (plain) {
    case 'error':
    case 'warn':
    case 'info':
    case 'debug':
    case 'trace':
      return plain;
    case 'off':
      return 'silent';
    default:
      return undefined;
  }
}

function oldNames(values: Environment): readonly string[] {
  const notices: string[] = [];
  if (values.RUST_LOG !== undefined && values.LOG_LEVEL === undefined) {
    notices.push('RUST_LOG is understood as LOG_LEVEL; only its plain level counts.');
  }
  if (values.TX_RECEIPT_TIMEOUT_SECS !== undefined && values.SETTLE_WAIT_SECONDS === undefined) {
    notices.push('TX_RECEIPT_TIMEOUT_SECS is understood as SETTLE_WAIT_SECONDS, up to 60.');
  }
  return notices;
}

const OTHER_FAMILIES =
  /^(?:SOLANA|NEAR|STELLAR|SUI|ALGORAND|XRPL)_(?:PRIVATE_KEY|ACCOUNT_ID|MNEMONIC)(?:_MAINNET|_TESTNET)?$/;

/** Names that were meant for this program and are not read. */
function strayNames(given: ReadonlyMap<string, string>): readonly string[] {
  const known = Object.keys(VARIABLES).filter((name) => name.length >= 8);
  return [...given.keys()].flatMap((name) => {
    if (isVariable(name) || name.startsWith('RPC_URL_')) return [];
    if (OTHER_FAMILIES.test(name)) return [`${name} is not used: this version serves EVM networks only.`];
    const near = name.length < 8 ? undefined : closestMatch(name, known, { maxDistance: 2 });
    return near === undefined ? [] : [`${name} is not a name that is read. Did you mean ${near}?`];
  });
}

function nothingToServe(keys: Keys): Problem {
  const hasKey = Object.keys(keys).length > 0;
  return {
    variable: hasKey ? 'RPC_URL_<NETWORK>' : 'EVM_PRIVATE_KEY_TESTNET',
    expected: 'no network has both an RPC and a key, so there is nothing to serve',
    fix: 'For example: RPC_URL_BASE_SEPOLIA=https://sepolia.base.org and EVM_PRIVATE_KEY_TESTNET=0x… (64 digits).',
  };
}
