/** Wrong values: every message names the variable, its form and the fix, and none repeats the value. */
import { describe, expect, it } from 'vitest';
import { problemLine, type Reading } from './config.ts';
import { readConfig } from './read-config.ts';
import type { VARIABLES } from './variables.ts';

const KEY_1 = '4c'.repeat(32);
const KEY_2 = '5d'.repeat(32);
const testnet = { RPC_URL_BASE_SEPOLIA: 'https://rpc.example/v2/s3cretpathsegment', EVM_PRIVATE_KEY_TESTNET: KEY_1 };

function lines(reading: Reading): readonly string[] {
  return reading.status === 'problems' ? reading.problems.map(problemLine) : [];
}

/** Each bad value is a marker that must not come back out. */
const BAD: readonly [
  variable: keyof typeof VARIABLES | `${'RPC_URL' | 'MAX_GAS' | 'MAX_FEE_GWEI'}_${string}`,
  value: string,
  says: RegExp,
][] = [
  ['PORT', 'l3aked-value', /whole number from 0 to 65535/],
  ['PORT', '70000777', /whole number from 0 to 65535/],
  ['HOST', 'l3aked value!', /IP address or host name/],
  ['LOG_LEVEL', 'l3aked', /fatal, error, warn/],
  ['SIGNER_TYPE', 'aws-kms-l3aked', /must be private-key or aws-kms/],
  ['EVM_KMS_KEYS_TESTNET', 'l3aked', /the key is neither/],
  ['EVM_KMS_KEYS_TESTNET', `alias/good,${KEY_2}`, /key 2 of 2 looks like a private key/],
  ['EVM_KMS_KEYS_MAINNET', 'alias/l3aked alias/two', /separate keys with commas/],
  ['EVM_KMS_KEYS_MAINNET', 'arn:aws:s3:::l3aked', /the key is neither/],
  ['RATE_LIMIT_PER_MINUTE', '0', /from 1 to 1000000/],
  ['RATE_LIMIT_PER_MINUTE', 'l3aked', /whole number/],
  ['TRUST_PROXY_HOPS', '17', /from 0 to 16/],
  ['TRUST_PROXY_HOPS', 'true-l3aked', /from 0 to 16/],
  ['MAX_CONCURRENT_REQUESTS', '-1l3aked', /whole number/],
  ['SETTLE_WAIT_SECONDS', '61999', /from 1 to 60/],
  ['MAX_REQUEST_BODY_BYTES', '99999999', /from 16384/],
  ['MAX_REQUEST_BODY_BYTES', '16383', /from 16384/],
  ['KEEP_ALIVE_SECONDS', '-5l3aked', /whole number/],
  ['SHUTDOWN_SECONDS', 'l3aked', /whole number/],
  ['TX_RECEIPT_TIMEOUT_SECS', 'l3aked', /whole number/],
  ['ALLOW_ANY_ASSET', 'maybe-l3aked', /true or false/],
  ['ERC6492_FACTORIES', '0x1234l3aked', /contract addresses/],
  ['JOURNAL_URL', 'mysql://l3aked', /sqlite:PATH/],
  ['DATABASE_URL', 'mysql://l3aked', /postgres:/],
  ['EVM_PRIVATE_KEY_TESTNET', 'l3aked', /has other characters/],
  ['EVM_PRIVATE_KEY_TESTNET', 'abcdef0123456789'.repeat(3), /has 48 digits/],
  ['EVM_PRIVATE_KEY_TESTNET', `${KEY_1},${'f'.repeat(64)}`, /key 2 of 2 is outside the range/],
  ['EVM_PRIVATE_KEY_TESTNET', '0'.repeat(64), /outside the range/],
  ['EVM_PRIVATE_KEY_TESTNET', `${KEY_1} ${KEY_2}`, /separate keys with commas/],
  ['EVM_PRIVATE_KEY', 'l3aked', /64 hexadecimal digits/],
  ['MAX_GAS_BASE', '49999', /from 50000/],
  ['MAX_GAS_BASE', 'l3aked', /from 50000/],
  ['MAX_FEE_GWEI_BASE', 'l3aked', /number of gwei/],
  ['MAX_FEE_GWEI_BASE', '0.00000000', /number of gwei/],
  ['RPC_URL_BASE_SEPOLIA', 'wss://l3aked.example', /an http or https URL/],
  ['RPC_URL_BASE_SEPOLIA', 'l3aked', /an http or https URL/],
  ['RPC_URL_BASE_SEPOLIA', 'https://u%zz:l3aked@base.example', /write % as %25/],
  ['JOURNAL_URL', 'postgres://u:l3aked%zz@db.example/payments', /write % as %25/],
  ['DATABASE_URL', 'POSTGRES://u:100%l3aked@db.example/payments', /write % as %25/],
];

describe('problems', () => {
  it.each(BAD)('%s=%s names the variable and the form, never the value', (variable, value, says) => {
    const reading = readConfig({ ...testnet, [variable]: value });
    expect(reading.status).toBe('problems');
    const text = lines(reading).join('\n');
    expect(text).toMatch(new RegExp(`^${variable}: `));
    expect(text).toMatch(says);
    const bare = value.replace(/^0x/, '');
    if (!/^[0.]+$/.test(bare) && bare !== '49999') expect(JSON.stringify(reading)).not.toContain(bare);
    expect(JSON.stringify(reading)).not.toContain('l3aked');
    expect(JSON.stringify(reading)).not.toContain(KEY_1);
  });

  it('names NETWORKS when it names nothing', () => {
    expect(lines(readConfig({ ...testnet, NETWORKS: ' , ,' }))).toEqual([
      expect.stringMatching(/^NETWORKS: must be network names or CAIP-2 ids/),
    ]);
  });

  it('lists every problem at once', () => {
    const bad = { PORT: 'x', LOG_LEVEL: 'y', EVM_PRIVATE_KEY: 'z', RPC_URL_BASE: 'w', MAX_GAS_BASE: 'v' };
    const reading = readConfig({ ...testnet, ...bad });
    expect(lines(reading).map((line) => line.split(':')[0])).toEqual(Object.keys(bad));
    expect(lines(readConfig({ PORT: 'x' }))).toHaveLength(1);
  });
});
