import { describe, expect, it } from 'vitest';
import { problemLine, type Reading, secretsOf } from './config.ts';
import { readConfig } from './read-config.ts';

const KEY_1 = '4c'.repeat(32);
const KEY_2 = '5d'.repeat(32);
const RPC = 'https://rpc.example/v2/s3cretpathsegment';

function config(env: Record<string, string>, file?: string) {
  const reading = readConfig(env, file);
  if (reading.status !== 'config') throw new Error(lines(reading).join('\n') || reading.status);
  return { ...reading.config, notices: reading.notices };
}

function lines(reading: Reading): readonly string[] {
  return reading.status === 'problems' ? reading.problems.map(problemLine) : [];
}

const testnet = { RPC_URL_BASE_SEPOLIA: RPC, EVM_PRIVATE_KEY_TESTNET: KEY_1 };

describe('networks and keys', () => {
  it('serves a network that has an RPC and a key', () => {
    const { served, unserved, networks, notices } = config(testnet);
    expect(served).toMatchObject([{ network: { name: 'base-sepolia' }, rpc: [{ url: RPC }], keys: [`0x${KEY_1}`] }]);
    expect(unserved.size).toBe(networks.all().length - 1);
    expect(unserved.get('eip155:8453')).toBe('RPC_URL_BASE and EVM_PRIVATE_KEY_MAINNET are not set.');
    expect(unserved.get('eip155:43113')).toBe('RPC_URL_AVALANCHE_FUJI is not set.');
    expect(unserved.get('near:mainnet')).toMatch(/EVM networks only/);
    expect(notices).toEqual([]);
  });

  it('reads pools: commas, blanks, with and without 0x, upper case, twice the same', () => {
    const pool = ` ${KEY_1} , 0x${KEY_2.toUpperCase()},,0X${KEY_1}`;
    const { served } = config({ ...testnet, EVM_PRIVATE_KEY_TESTNET: pool });
    expect(served[0]?.keys).toEqual([`0x${KEY_1}`, `0x${KEY_2}`]);
  });

  it('never lets a test network use a main network’s key, nor the other way round', () => {
    const main = readConfig({ RPC_URL_BASE: RPC, EVM_PRIVATE_KEY_TESTNET: KEY_1 });
    expect(lines(main)).toEqual([expect.stringMatching(/^EVM_PRIVATE_KEY_MAINNET: RPC_URL_BASE is set, and no key/)]);
    const test = readConfig({ RPC_URL_BASE_SEPOLIA: RPC, EVM_PRIVATE_KEY_MAINNET: KEY_1 });
    expect(lines(test)).toEqual([expect.stringMatching(/^EVM_PRIVATE_KEY_TESTNET: RPC_URL_BASE_SEPOLIA is set/)]);
  });

  it('uses the general key only where the specific one is not set', () => {
    const both = {
      RPC_URL_BASE: RPC,
      RPC_URL_BASE_SEPOLIA: RPC,
      EVM_PRIVATE_KEY: KEY_1,
      EVM_PRIVATE_KEY_TESTNET: KEY_2,
    };
    const keys = Object.fromEntries(config(both).served.map(({ network, keys }) => [network.name, keys]));
    expect(keys).toEqual({ base: [`0x${KEY_1}`], 'base-sepolia': [`0x${KEY_2}`] });
  });

  it('understands the _MAINNET spelling and the names of aliases', () => {
    const env = { RPC_URL_BASE_MAINNET: RPC, RPC_URL_FUJI: RPC, EVM_PRIVATE_KEY: KEY_1 };
    expect(config(env).served.map(({ network }) => network.name)).toEqual(['base', 'avalanche-fuji']);
    expect(config({ ...env, RPC_URL_BASE: RPC }).served).toHaveLength(2);
    const two = readConfig({ ...env, RPC_URL_BASE: `${RPC}2` });
    expect(lines(two)).toEqual([
      expect.stringMatching(/means the same network and has another value\. Keep RPC_URL_BASE alone/),
    ]);
  });

  it('warns of names that nothing reads, with the nearest one that is', () => {
    const { notices } = config({
      ...testnet,
      RPC_URL_BASE_SEPOLA: RPC,
      RPC_URL_MONAD: RPC,
      RPC_URL_SOLANA: RPC,
      EVM_PRIVATE_KEY_MAINET: KEY_1,
      SOLANA_PRIVATE_KEY_MAINNET: KEY_1,
      EVM_PRIVATE_KEY_MAINNET: KEY_2,
    });
    expect(notices).toEqual([
      expect.stringMatching(/^EVM_PRIVATE_KEY_MAINET is not .* EVM_PRIVATE_KEY_MAINNET\?$/),
      expect.stringMatching(/^SOLANA_PRIVATE_KEY_MAINNET is not used/),
      expect.stringMatching(/^RPC_URL_BASE_SEPOLA .* Did you mean RPC_URL_BASE_SEPOLIA\?$/),
      expect.stringMatching(/^RPC_URL_MONAD .* Add the network with CONFIG_FILE\.$/),
      expect.stringMatching(/^RPC_URL_SOLANA is not used/),
      expect.stringMatching(/^EVM_PRIVATE_KEY_MAINNET is set, but no RPC_URL/),
    ]);
  });

  it('serves only what NETWORKS names', () => {
    const env = { ...testnet, RPC_URL_AVALANCHE_FUJI: RPC, RPC_URL_BASE: RPC, NETWORKS: 'fuji, eip155:84532' };
    expect(config(env).served.map(({ network }) => network.name)).toEqual(['base-sepolia', 'avalanche-fuji']);
    expect(config(env).unserved.get('eip155:8453')).toBe('NETWORKS does not name it.');
    expect(lines(readConfig({ ...env, NETWORKS: 'base-sepola' }))[0]).toMatch(
      /NETWORKS: .* Did you mean base-sepolia\?/,
    );
    expect(lines(readConfig({ ...env, NETWORKS: 'polygon-amoy' }))[0]).toMatch(/^RPC_URL_POLYGON_AMOY: NETWORKS names/);
  });
});

describe('ceilings', () => {
  it('reads gas and fee per network, in any spelling of its name', () => {
    const { served } = config({ ...testnet, MAX_GAS_BASE_SEPOLIA: '250000', MAX_FEE_GWEI_BASE_SEPOLIA: '0.05' });
    expect(served[0]?.ceilings).toEqual({ gas: 250_000n, feePerGas: 50_000_000n });
    expect(config(testnet).served[0]?.ceilings).toEqual({});
    expect(config({ ...testnet, MAX_GAS_BASE_SEPLIA: '250000' }).notices[0]).toMatch(
      /Did you mean MAX_GAS_BASE_SEPOLIA/,
    );
  });
});

describe('spending', () => {
  it('reads budgets and floor per network, in coins', () => {
    const { served } = config({
      ...testnet,
      GAS_BUDGET_BASE_SEPOLIA: '0.5',
      CALLER_GAS_BUDGET_BASE_SEPOLIA: '2',
      BALANCE_FLOOR_BASE_SEPOLIA: '0.000000000000000001',
    });
    expect(served[0]?.spending).toEqual({ perDay: 5n * 10n ** 17n, perCaller: 2n * 10n ** 18n, floor: 1n });
    expect(config(testnet).served[0]?.spending).toEqual({});
    expect(config({ ...testnet, BALANCE_FLOOR_BASE_SEPOLIA: '0' }).served[0]?.spending).toEqual({ floor: 0n });
  });

  it.each([
    ['GAS_BUDGET_BASE_SEPOLIA', '0'],
    ['GAS_BUDGET_BASE_SEPOLIA', '0.0000000000000000001'],
    ['CALLER_GAS_BUDGET_BASE_SEPOLIA', '-1'],
    ['BALANCE_FLOOR_BASE_SEPOLIA', '1 ETH'],
  ])('refuses %s=%s, and says what would do', (variable, value) => {
    expect(lines(readConfig({ ...testnet, [variable]: value }))[0]).toMatch(
      new RegExp(`^${variable}: must be a .*number of coins.* Set it to something like ${variable}=0\\.\\d+`),
    );
  });
});

describe('conduct', () => {
  it('takes batching for all networks, and its own for one', () => {
    const both = { ...testnet, RPC_URL_AVALANCHE_FUJI: testnet.RPC_URL_BASE_SEPOLIA };
    const { served } = config({ ...both, BATCHING: 'per-payee', BATCHING_AVALANCHE_FUJI: 'off' });
    const conducts = Object.fromEntries(served.map(({ network, conduct }) => [network.name, conduct]));
    expect(conducts).toEqual({ 'base-sepolia': { batching: 'per-payee' }, 'avalanche-fuji': { batching: 'off' } });
    expect(config(testnet).served[0]?.conduct).toEqual({});
  });

  it('reads how deep reorganisations are looked for', () => {
    expect(config({ ...testnet, REORG_DEPTH_BASE_SEPOLIA: '0' }).served[0]?.conduct).toEqual({ reorgDepth: 0 });
    expect(lines(readConfig({ ...testnet, REORG_DEPTH_BASE_SEPOLIA: '-1' }))[0]).toMatch(
      /REORG_DEPTH_BASE_SEPOLIA: must be/,
    );
    expect(lines(readConfig({ ...testnet, REORG_DEPTH_BASE_SEPOLIA: '10001' }))[0]).toMatch(
      /whole number from 0 to 10000/,
    );
  });

  it('complains of a word it does not know', () => {
    expect(lines(readConfig({ ...testnet, BATCHING: 'on' }))[0]).toMatch(/^BATCHING: must be auto, per-payee or off/);
    expect(lines(readConfig({ ...testnet, BATCHING_BASE: 'OFF' }))[0]).toMatch(/^BATCHING_BASE: must be auto/);
  });
});

describe('nothing to serve', () => {
  it.each([[{}], [{ RPC_URL_BASE: ' ', EVM_PRIVATE_KEY: '' }], [{ PORT: '9000', LOG_LEVEL: 'debug' }]])(
    'is unconfigured with %j',
    (env) => {
      expect(readConfig(env)).toMatchObject({ status: 'unconfigured' });
    },
  );

  it('says what is missing when something was configured', () => {
    expect(lines(readConfig({ EVM_PRIVATE_KEY_TESTNET: KEY_1 }))[0]).toMatch(/^RPC_URL_<NETWORK>: no network has both/);
    expect(lines(readConfig({}, '{}'))[0]).toMatch(/nothing to serve/);
    expect(lines(readConfig({ NETWORKS: 'base' }))[0]).toMatch(/^RPC_URL_BASE: NETWORKS names base/);
  });
});

describe('values', () => {
  it('has the defaults that the documentation states', () => {
    expect(config(testnet)).toMatchObject({
      journalUrl: undefined,
      journalKeepDays: 90,
      anyAsset: false,
      factories: [],
      server: {
        host: '0.0.0.0',
        port: 8080,
        logLevel: 'info',
        bodyLimit: 65_536,
        settleWaitMs: 20_000,
        keepAliveMs: 185_000,
        shutdownMs: 10_000,
        corsOrigins: ['*'],
        rateLimitPerMinute: undefined,
        trustProxyHops: 0,
        maxConcurrentRequests: 20_000,
      },
    });
  });

  it('reads every variable', () => {
    const read = config({
      ...testnet,
      SIGNER_TYPE: 'private-key',
      HOST: '127.0.0.1',
      PORT: '0',
      LOG_LEVEL: 'warn',
      SETTLE_WAIT_SECONDS: '45',
      MAX_REQUEST_BODY_BYTES: '16384',
      KEEP_ALIVE_SECONDS: '60',
      SHUTDOWN_SECONDS: '3',
      CORS_ORIGINS: 'https://a.example, https://b.example',
      RATE_LIMIT_PER_MINUTE: '6000',
      TRUST_PROXY_HOPS: '2',
      MAX_CONCURRENT_REQUESTS: '500',
      ALLOW_ANY_ASSET: 'yes',
      ERC6492_FACTORIES: '0x1111111111111111111111111111111111111111',
      JOURNAL_URL: 'sqlite:/tmp/j.db',
      JOURNAL_KEEP_DAYS: '0',
      DATABASE_URL: 'postgres://u:p@h/d',
    });
    expect(read).toMatchObject({
      journalUrl: 'sqlite:/tmp/j.db',
      journalKeepDays: 0,
      anyAsset: true,
      factories: ['0x1111111111111111111111111111111111111111'],
      server: {
        host: '127.0.0.1',
        port: 0,
        logLevel: 'warn',
        bodyLimit: 16_384,
        settleWaitMs: 45_000,
        keepAliveMs: 60_000,
        shutdownMs: 3_000,
        corsOrigins: ['https://a.example', 'https://b.example'],
        rateLimitPerMinute: 6_000,
        trustProxyHops: 2,
        maxConcurrentRequests: 500,
      },
    });
  });

  it('understands old names, with a note', () => {
    const read = config({
      ...testnet,
      RUST_LOG: 'debug,hyper=warn',
      TX_RECEIPT_TIMEOUT_SECS: '120',
      DATABASE_URL: 'postgres://h/d',
    });
    expect(read.server).toMatchObject({ logLevel: 'debug', settleWaitMs: 60_000 });
    expect(read.journalUrl).toBe('postgres://h/d');
    expect(read.notices).toEqual([
      expect.stringContaining('RUST_LOG'),
      expect.stringContaining('TX_RECEIPT_TIMEOUT_SECS'),
    ]);
    const preferred = config({
      ...testnet,
      RUST_LOG: 'debug',
      LOG_LEVEL: 'error',
      TX_RECEIPT_TIMEOUT_SECS: '9',
      SETTLE_WAIT_SECONDS: '8',
    });
    expect(preferred.server).toMatchObject({ logLevel: 'error', settleWaitMs: 8_000 });
    expect(preferred.notices).toEqual([]);
  });
});

describe('CONFIG_FILE', () => {
  const own = {
    networks: [
      {
        name: 'my-chain',
        chainId: 4242,
        testnet: true,
        tokens: [{ symbol: 'MYD', address: '$MY_TOKEN', decimals: 6, domain: { name: 'My Dollar', version: '1' } }],
      },
    ],
  };
  const env = { RPC_URL_MY_CHAIN: RPC, EVM_PRIVATE_KEY_TESTNET: KEY_1, MY_TOKEN: `0x${'77'.repeat(20)}` };

  it('adds a network and a token, with strings out of variables', () => {
    const { served } = config(env, JSON.stringify(own));
    expect(served).toMatchObject([
      { network: { caip2: 'eip155:4242', tokens: [{ symbol: 'MYD', address: env.MY_TOKEN }] }, rpc: [{ url: RPC }] },
    ]);
  });

  it('names the place of every fault', () => {
    const { MY_TOKEN: _, ...without } = env;
    expect(lines(readConfig(without, JSON.stringify(own)))).toEqual([
      'CONFIG_FILE: in the file, networks[0].tokens[0].address stands for the variable MY_TOKEN, which is not set. Mend the file, or leave CONFIG_FILE out.',
    ]);
    const typo = JSON.stringify({ networks: [{ ...own.networks[0], tokens: [], chain: 1 }] });
    expect(lines(readConfig(env, typo))[0]).toMatch(/networks\[0\]/);
    expect(lines(readConfig(env, '{"networks":'))[0]).toMatch(/must be JSON/);
  });
});

describe('secretsOf', () => {
  it('holds what a log must not show', () => {
    const read = config({ ...testnet, JOURNAL_URL: 'postgres://u:secret@h/d' });
    expect(secretsOf(read)).toEqual(['postgres://u:secret@h/d', RPC, `0x${KEY_1}`]);
    expect(secretsOf(config({ ...testnet, JOURNAL_URL: 'POSTGRES://u:secret@h/d' }))).toContain(
      'POSTGRES://u:secret@h/d',
    );
    expect(secretsOf(config({ ...testnet, JOURNAL_URL: 'sqlite:a.db' }))).not.toContain('sqlite:a.db');
  });
});
