/** Which keys sign where: those in variables, those in AWS KMS, and what SIGNER_TYPE says about both. */
import { describe, expect, it } from 'vitest';
import { problemLine, secretsOf } from './config.ts';
import { readConfig } from './read-config.ts';

const KEY = '4c'.repeat(32);
const RPC = 'https://rpc.example';
const KEY_ID = '1234abcd-12ab-34cd-56ef-1234567890ab';
const ARN = `arn:aws:kms:eu-west-1:111122223333:key/${KEY_ID}`;
const both = { RPC_URL_BASE: RPC, RPC_URL_BASE_SEPOLIA: RPC };

function read(env: Record<string, string>) {
  const reading = readConfig(env);
  if (reading.status !== 'config') throw new Error(JSON.stringify(reading));
  return reading;
}

/** Per network: what signs there. */
function signing(env: Record<string, string>) {
  return Object.fromEntries(
    read(env).config.served.map(({ network, keys, kms }) => [network.name, { keys, kms: kms?.keyIds }]),
  );
}

function problems(env: Record<string, string>) {
  const reading = readConfig(env);
  return reading.status === 'problems' ? reading.problems.map(problemLine) : [];
}

describe('keys in AWS KMS', () => {
  it('serve a network alone, and beside keys in variables', () => {
    const names = `alias/one, ${KEY_ID} ,mrk-${KEY},`.replace(KEY, KEY.slice(0, 32));
    expect(signing({ RPC_URL_BASE_SEPOLIA: RPC, EVM_KMS_KEYS_TESTNET: names })).toEqual({
      'base-sepolia': { keys: [], kms: ['alias/one', KEY_ID, `mrk-${KEY.slice(0, 32)}`] },
    });
    const mixed = { ...both, EVM_KMS_KEYS_MAINNET: ARN, EVM_PRIVATE_KEY_MAINNET: KEY, EVM_PRIVATE_KEY_TESTNET: KEY };
    expect(signing(mixed)).toEqual({
      base: { keys: [`0x${KEY}`], kms: [ARN] },
      'base-sepolia': { keys: [`0x${KEY}`], kms: undefined },
    });
  });

  it.each([
    'arn:aws:kms:eu-west-1:111122223333:alias/team/payer_1',
    `arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/${KEY_ID}`,
    `arn:aws-cn:kms:cn-north-1:111122223333:key/mrk-${KEY.slice(0, 32)}`,
  ])('may be named %s', (name) => {
    expect(signing({ RPC_URL_BASE: RPC, EVM_KMS_KEYS_MAINNET: name })).toMatchObject({ base: { kms: [name] } });
  });

  it('are never used by the other kind of network', () => {
    expect(problems({ RPC_URL_BASE: RPC, EVM_KMS_KEYS_TESTNET: ARN })).toEqual([
      expect.stringMatching(/^EVM_PRIVATE_KEY_MAINNET: .* Set EVM_PRIVATE_KEY_MAINNET or EVM_KMS_KEYS_MAINNET, or/),
    ]);
    expect(problems({ RPC_URL_BASE_SEPOLIA: RPC, EVM_KMS_KEYS_MAINNET: ARN })).toHaveLength(1);
  });

  it('keep the general key away from networks that have them', () => {
    expect(signing({ ...both, EVM_PRIVATE_KEY: KEY, EVM_KMS_KEYS_MAINNET: ARN })).toEqual({
      base: { keys: [], kms: [ARN] },
      'base-sepolia': { keys: [`0x${KEY}`], kms: undefined },
    });
  });

  it('are missed when no network uses them', () => {
    const { notices } = read({ RPC_URL_BASE: RPC, EVM_PRIVATE_KEY_MAINNET: KEY, EVM_KMS_KEYS_TESTNET: ARN });
    expect(notices).toEqual([
      expect.stringMatching(/^EVM_KMS_KEYS_TESTNET is set, but no RPC_URL_<NETWORK> of a test/),
    ]);
    expect(problems({ EVM_KMS_KEYS_TESTNET: ARN })[0]).toMatch(/^RPC_URL_<NETWORK>: no network has both/);
  });

  it('are not shown in logs', () => {
    expect(secretsOf(read({ RPC_URL_BASE: RPC, EVM_KMS_KEYS_MAINNET: `${ARN},alias/payer` }).config)).toEqual([
      RPC,
      ARN,
      'alias/payer',
    ]);
  });
});

describe('SIGNER_TYPE', () => {
  it('changes nothing when it is right', () => {
    const local = { RPC_URL_BASE: RPC, EVM_PRIVATE_KEY_MAINNET: KEY };
    expect(signing({ ...local, SIGNER_TYPE: 'private-key' })).toEqual(signing(local));
    const remote = { RPC_URL_BASE: RPC, EVM_KMS_KEYS_MAINNET: ARN };
    expect(signing({ ...remote, SIGNER_TYPE: 'aws-kms' })).toEqual(signing(remote));
    expect(readConfig({ SIGNER_TYPE: 'private-key' })).toMatchObject({ status: 'unconfigured' });
  });

  it('stops the start when keys are held in another way', () => {
    const mixed = { ...both, EVM_PRIVATE_KEY: KEY, EVM_PRIVATE_KEY_TESTNET: KEY, EVM_KMS_KEYS_MAINNET: ARN };
    expect(problems({ ...mixed, SIGNER_TYPE: 'aws-kms' })).toEqual([
      expect.stringMatching(
        /^SIGNER_TYPE: it says aws-kms, and EVM_PRIVATE_KEY_TESTNET and EVM_PRIVATE_KEY are set\. /,
      ),
    ]);
    expect(problems({ ...mixed, SIGNER_TYPE: 'private-key' })).toEqual([
      expect.stringMatching(/^SIGNER_TYPE: it says private-key, and EVM_KMS_KEYS_MAINNET is set\. Remove SIGNER_TYPE/),
    ]);
    expect(problems({ SIGNER_TYPE: 'aws-kms' })).toEqual([expect.stringMatching(/no key in AWS KMS is named/)]);
  });
});

describe('a variable with commas alone', () => {
  it.each(['EVM_PRIVATE_KEY_TESTNET', 'EVM_KMS_KEYS_TESTNET'])('%s holds no key', (variable) => {
    expect(problems({ RPC_URL_BASE_SEPOLIA: RPC, [variable]: ' , ' })).toEqual([
      expect.stringMatching(new RegExp(`^${variable}: must be .*Put a key into ${variable}`)),
    ]);
  });
});
