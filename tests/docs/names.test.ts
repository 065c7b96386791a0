/** Names and sentences that the documents quote exist: variables, events, metrics, codes, messages, commands, links. */
import { existsSync, globSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createNetworks, REASONS } from '@facilitator/protocol';
import { describe, expect, it } from 'vitest';
import { createProgram } from '../../apps/facilitator/src/cli/program.ts';
import { readConfig } from '../../apps/facilitator/src/config/read-config.ts';
import { NETWORK_VARIABLES, VARIABLES } from '../../apps/facilitator/src/config/variables.ts';
import { createMetrics } from '../../apps/facilitator/src/meter/metrics.ts';
import { codes, fences, read, rows, section, urlOf } from './markdown.ts';

const ROOT = fileURLToPath(urlOf('.'));
const DOCUMENTS = [...globSync('*.md', { cwd: ROOT }), ...globSync('docs/*.md', { cwd: ROOT })];
const operating = read('docs/operating.md');
const prose = DOCUMENTS.map(read).join('\n');

/** All code that runs in production, as one text. */
const source = [...globSync('packages/*/src/**/*.ts', { cwd: ROOT }), ...globSync('apps/*/src/**/*.ts', { cwd: ROOT })]
  .filter((path) => !/\.(?:test|fixture)\.ts$/.test(path))
  .map(read)
  .join('\n');

it('quotes only variables that are read', () => {
  const others = ['NODE_ENV', 'PRIVATE_KEY', 'AWS_REGION'];
  const perNetwork = Object.keys(NETWORK_VARIABLES).map((name) => name.replace('<NETWORK>', ''));
  const quoted = codes(prose).map((code) => code.split(/[=\s]/, 1)[0] ?? '');
  const unknown = quoted.filter(
    (name) =>
      /^[A-Z][A-Z0-9]*_[A-Z0-9_<>]+$/.test(name) &&
      !Object.hasOwn(VARIABLES, name) &&
      !others.includes(name) &&
      !perNetwork.some((prefix) => name.startsWith(prefix) && isStem(name.slice(prefix.length))) &&
      !name.startsWith('DOMAIN_'),
  );
  expect(unknown).toEqual([]);
});

/** What may follow `RPC_URL_`. */
function isStem(stem: string): boolean {
  const stems = createNetworks()
    .all()
    .map(({ env }) => env);
  return (
    /^<NETWORK>/.test(stem) || stem === 'MY_CHAIN' || stems.some((each) => stem === each || stem === `${each}_MAINNET`)
  );
}

it('lists every event that is logged, and no other', () => {
  const listed = rows(section(operating, 'Logs')).flatMap(([cell = '']) => codes(cell));
  const logged = [...source.matchAll(/\b(?:event|readonly type): '([a-z]+(?:\.[a-z]+)?)'/g)].flatMap(
    ([, name]) => name ?? [],
  );
  const events = logged.filter(
    (name) => /\./.test(name) || ['start', 'ready', 'recovered', 'fault', 'stop', 'stopped', 'crash'].includes(name),
  );
  expect(listed.toSorted()).toEqual([...new Set(events)].toSorted());
});

it('alarms on metrics that there are', () => {
  const { registry } = createMetrics({ processMetrics: false });
  const known = registry.getMetricsAsArray().map(({ name }) => name);
  const used = [...prose.matchAll(/facilitator_\w+/g)].map(([name]) => name);
  expect(used.filter((name) => !known.includes(name))).toEqual([]);
});

it('quotes reason codes that there are', () => {
  const table: Readonly<Record<string, { readonly meaning: string; readonly v1?: string }>> = REASONS;
  const known = new Set(Object.entries(table).flatMap(([code, { v1 }]) => [code, v1 ?? code]));
  const quoted = codes(prose).filter((code) =>
    /^(?:invalid|unsupported|unexpected|duplicate|settlement|payment)_[a-z0-9_]+$/.test(code),
  );
  expect(quoted.filter((code) => !known.has(code))).toEqual([]);
});

describe('messages in docs/operating.md', () => {
  const start = rows(section(operating, 'Start')).flatMap(([cell = '']) => codes(cell));
  const when = codes(section(operating, 'What to do when')).filter((code) => /\w \w+ \w/.test(code));
  // SQLite's own words.
  const quoted = [...start, ...when].filter((message) => message !== 'database or disk is full');
  it.each(quoted)('%s', (message) => {
    const said = message.replace('switched off: ', '').replaceAll('…', 'x');
    expect(source.includes(said) || templates.some((template) => template.test(said))).toBe(true);
  });
});

/** Texts with holes, as patterns. */
const templates = [...source.matchAll(/`([^`\n]{8,})`/g)].map(
  ([, text = '']) =>
    new RegExp(
      text
        .split(/\$\{[^}]*\}/)
        .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
        .join('.+'),
    ),
);

it('names commands that there are', () => {
  const { scripts } = JSON.parse(read('package.json')) as { readonly scripts: Readonly<Record<string, string>> };
  const commands = createProgram().commands.map((command) => command.name());
  const ran = [...prose.matchAll(/npm run (\S+?)[`\s,;]/g)].flatMap(([, name]) => name ?? []);
  const used = [...prose.matchAll(/npx facilitator ([a-z]+)/g)].flatMap(([, name]) => name ?? []);
  expect(ran.filter((name) => !Object.hasOwn(scripts, name))).toEqual([]);
  expect(used.filter((name) => !commands.includes(name))).toEqual([]);
});

describe.each(DOCUMENTS)('%s', (document) => {
  it('links to what is there', () => {
    const text = read(document);
    const links = [...text.matchAll(/\]\((?!https?:)([^)\s]+)\)/g)].flatMap(([, target]) => target ?? []);
    const broken = links.filter((link) => {
      const [path = '', anchor] = link.split('#');
      const target = new URL(path === '' ? (document.split('/').at(-1) ?? '') : path, urlOf(document));
      if (!existsSync(target)) return true;
      return anchor !== undefined && !anchors(read(fileURLToPath(target).slice(ROOT.length))).includes(anchor);
    });
    expect(broken).toEqual([]);
  });

  it('has JSON that parses', () => {
    const broken = fences(read(document)).filter(({ info, text }) => info === 'json' && !parses(text));
    expect(broken).toEqual([]);
  });
});

/** As GitHub makes them of headings. */
function anchors(markdown: string): readonly string[] {
  return markdown.split('\n').flatMap((line) => {
    const heading = /^#+ (.*)$/.exec(line)?.[1];
    if (heading === undefined) return [];
    return [
      heading
        .toLowerCase()
        .replace(/[^\w\s-]/g, '')
        .trim()
        .replace(/\s/g, '-'),
    ];
  });
}

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

it('still reads what an x402-rs operator has set', () => {
  const kept = rows(section(operating, 'Moving from x402-rs'))
    .slice(0, 7)
    .flatMap((cells) => codes(cells.join(' ')));
  const key = '4c'.repeat(32);
  const values: Readonly<Record<string, string>> = {
    EVM_PRIVATE_KEY_MAINNET: `${key},0x${'5d'.repeat(32)}`,
    EVM_PRIVATE_KEY_TESTNET: key,
    EVM_PRIVATE_KEY: key,
    RPC_URL_BASE: 'https://rpc.example/base',
    RPC_URL_BASE_MAINNET: 'https://rpc.example/base',
    SIGNER_TYPE: 'private-key',
    HOST: '127.0.0.1',
    PORT: '9000',
    RUST_LOG: 'warn,hyper=error',
    TX_RECEIPT_TIMEOUT_SECS: '45',
    MAX_REQUEST_BODY_BYTES: '32768',
  };
  expect(kept.filter((name) => name !== 'LOG_LEVEL' && name !== 'SETTLE_WAIT_SECONDS').toSorted()).toEqual(
    Object.keys(values).toSorted(),
  );
  const reading = readConfig({ ...values, RPC_URL_SOLANA: 'https://rpc.example/solana' });
  expect(reading).toMatchObject({
    status: 'config',
    config: {
      server: { host: '127.0.0.1', port: 9000, logLevel: 'warn', settleWaitMs: 45_000, bodyLimit: 32_768 },
      served: [{ network: { name: 'base' }, keys: [`0x${key}`, `0x${'5d'.repeat(32)}`] }],
    },
  });
});
