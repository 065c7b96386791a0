import { KMSClient } from '@aws-sdk/client-kms';
import { type KmsDouble, startKmsDouble } from '@facilitator/testing';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { openKmsPool } from './kms-pool.ts';

let kms: KmsDouble;
beforeEach(async () => {
  kms = await startKmsDouble();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await kms.stop();
});

const createClient = (region: string | undefined) =>
  new KMSClient({ endpoint: kms.url, region: region ?? kms.region, credentials: kms.credentials });

test('one signer for each key, in the order given; two names of one key are one', async () => {
  const [first, second] = [kms.createKey(), kms.createKey()];
  kms.alias('alias/second', second);
  const pool = await openKmsPool({ keyIds: [first.arn, 'alias/second', second.keyId], createClient });
  if (pool.status !== 'open') throw new Error('not open');
  expect(pool.signers.map(({ address }) => address)).toEqual([first.address, second.address]);
});

test('its connections end when it is closed', async () => {
  const key = kms.createKey();
  const clients: KMSClient[] = [];
  const pool = await openKmsPool({
    keyIds: [key.arn],
    createClient(region) {
      const client = createClient(region);
      clients.push(client);
      return client;
    },
  });
  if (pool.status !== 'open') throw new Error('not open');
  expect(await kms.connections()).toBe(1);
  pool.close();
  await expect.poll(() => kms.connections()).toBe(0);
});

test('every key that cannot be used is told, by its place and not by its name', async () => {
  const [good, bad] = [kms.createKey(), kms.createKey()];
  bad.setState('Disabled');
  const pool = await openKmsPool({ keyIds: [good.arn, bad.arn, 'alias/nobody'], createClient });
  if (pool.status !== 'faults') throw new Error('open');
  expect(pool.faults.map(({ message }) => message)).toEqual([
    expect.stringMatching(/^In AWS KMS, key 2 of 3 cannot be used: the key is disabled/),
    expect.stringMatching(/^In AWS KMS, key 3 of 3 cannot be used: there is no such key/),
  ]);
  const alone = await openKmsPool({ keyIds: ['alias/nobody'], createClient });
  expect(alone).toMatchObject({ faults: [{ message: expect.stringMatching(/^In AWS KMS, the key cannot be used/) }] });
});

test('what is no fault of KMS is thrown', async () => {
  const createBroken = () => {
    throw new Error('no client');
  };
  await expect(openKmsPool({ keyIds: ['alias/payer'], createClient: createBroken })).rejects.toThrow('no client');
});

describe('by the SDK’s own configuration', () => {
  beforeEach(() => {
    // Nothing of the machine's.
    vi.stubEnv('AWS_CONFIG_FILE', '/dev/null');
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/dev/null');
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
    vi.stubEnv('AWS_ENDPOINT_URL_KMS', kms.url);
    vi.stubEnv('AWS_REGION', kms.region);
    vi.stubEnv('AWS_ACCESS_KEY_ID', kms.credentials.accessKeyId);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', kms.credentials.secretAccessKey);
  });

  const open = (...keyIds: readonly string[]) => openKmsPool({ keyIds });

  test('region, credentials and endpoint come from the environment', async () => {
    expect(await open(kms.createKey().keyId)).toMatchObject({ status: 'open' });
  });

  test('an ARN is asked in its own region, other names in the configured one', async () => {
    vi.stubEnv('AWS_REGION', 'us-east-1');
    const { arn, keyId } = kms.createKey();
    expect(await open(arn)).toMatchObject({ status: 'open' });
    expect(await open(keyId)).toMatchObject({ faults: [{ reason: 'no-credentials' }] });
  });

  test('without a region only ARNs can be found', async () => {
    vi.stubEnv('AWS_REGION', undefined);
    const { arn, keyId } = kms.createKey();
    expect(await open(arn)).toMatchObject({ status: 'open' });
    expect(await open(keyId)).toMatchObject({ faults: [{ reason: 'no-region' }] });
  });

  test('without credentials it says so', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', undefined);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', undefined);
    expect(await open(kms.createKey().keyId)).toMatchObject({ faults: [{ reason: 'no-credentials' }] });
  });
});
