/** Keys in AWS KMS as they are at start: usable, not usable, or only busy. */
import type { Clock } from '@facilitator/engine';
import { type KmsDouble, newWallet, startKmsDouble } from '@facilitator/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Config, problemLine } from '../config/config.ts';
import { readConfig } from '../config/read-config.ts';
import { openSigners } from './open-signers.ts';

/** How often the SDK asks before it gives up. */
const ATTEMPTS = 3;

let kms: KmsDouble;
beforeEach(async () => {
  kms = await startKmsDouble();
  // Nothing of the machine's.
  vi.stubEnv('AWS_CONFIG_FILE', '/dev/null');
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/dev/null');
  vi.stubEnv('AWS_ENDPOINT_URL_KMS', kms.url);
  vi.stubEnv('AWS_REGION', kms.region);
  vi.stubEnv('AWS_ACCESS_KEY_ID', kms.credentials.accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', kms.credentials.secretAccessKey);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await kms.stop();
});

const wallet = newWallet();

function plans(env: Record<string, string>): Config['served'] {
  const rpcs = { RPC_URL_BASE: 'http://127.0.0.1:9', RPC_URL_BASE_SEPOLIA: 'http://127.0.0.1:9' };
  const reading = readConfig({ ...rpcs, EVM_PRIVATE_KEY_MAINNET: wallet.privateKey, ...env });
  if (reading.status !== 'config') throw new Error(JSON.stringify(reading));
  return reading.config.served;
}

/** A clock whose pauses are over at once, and are remembered. */
function hurried() {
  let now = 0;
  const pauses: number[] = [];
  const clock: Clock = {
    now: () => BigInt(Math.floor(now / 1000)),
    milliseconds: () => now,
    after(ms, act) {
      pauses.push(ms);
      now += ms;
      queueMicrotask(act);
      return () => undefined;
    },
  };
  return { clock, pauses };
}

async function addresses(env: Record<string, string>) {
  const served = plans(env);
  const signers = await openSigners(served, hurried());
  if (signers.status !== 'open') throw new Error(JSON.stringify(signers));
  return Object.fromEntries(
    served.map((plan) => [plan.network.name, signers.of(plan).map(({ address }) => address)] as const),
  );
}

describe('keys that can be used', () => {
  it('sign where they are named, beside those in variables', async () => {
    const [one, two] = [kms.createKey(), kms.createKey()];
    kms.alias('alias/two', two);
    expect(await addresses({ EVM_KMS_KEYS_MAINNET: `${one.arn},alias/two`, EVM_KMS_KEYS_TESTNET: two.keyId })).toEqual({
      base: [wallet.address, one.address, two.address],
      'base-sepolia': [two.address],
    });
  });

  it('are asked for once, however many networks they sign for', async () => {
    const env = { EVM_KMS_KEYS_MAINNET: kms.createKey().keyId, RPC_URL_OPTIMISM: 'http://127.0.0.1:9' };
    expect(Object.keys(await addresses({ ...env, EVM_PRIVATE_KEY_TESTNET: wallet.privateKey }))).toHaveLength(3);
    expect(kms.calls).toEqual(['GetPublicKey']);
  });

  it('are not asked for when no network is served with them', async () => {
    const env = { EVM_KMS_KEYS_TESTNET: kms.createKey().keyId, NETWORKS: 'base' };
    expect(await addresses(env)).toEqual({ base: [wallet.address] });
    expect(kms.calls).toEqual([]);
  });
});

describe('keys that cannot be used', () => {
  it('are told by variable and place, with the fix and without their names', async () => {
    const [good, disabled] = [kms.createKey(), kms.createKey()];
    disabled.setState('Disabled');
    const foreign = kms.createKey('ECC_NIST_P256');
    const { clock, pauses } = hurried();
    const env = { EVM_KMS_KEYS_MAINNET: `${good.arn},${disabled.arn}`, EVM_KMS_KEYS_TESTNET: foreign.keyId };
    const signers = await openSigners(plans(env), { clock });
    if (signers.status !== 'problems') throw new Error('open');
    const lines = signers.problems.map(problemLine);
    expect(lines).toEqual([
      'EVM_KMS_KEYS_MAINNET: In AWS KMS, key 2 of 2 cannot be used: the key is disabled, pending deletion or otherwise not ' +
        'usable. Enable it (DisabledException). Mend it in AWS, or take the key out of EVM_KMS_KEYS_MAINNET.',
      expect.stringMatching(/^EVM_KMS_KEYS_TESTNET: In AWS KMS, the key cannot be used: it is ECC_NIST_P256 for/),
    ]);
    for (const { arn, keyId } of [good, disabled, foreign]) {
      expect(lines.join()).not.toContain(arn);
      expect(lines.join()).not.toContain(keyId);
    }
    // Asking again would mend nothing.
    expect(pauses).toEqual([]);
  });
});

describe('a key service that is busy', () => {
  it('is asked again until it answers', async () => {
    const key = kms.createKey();
    kms.disturb('reset', 2 * ATTEMPTS);
    const heard: string[] = [];
    const { clock, pauses } = hurried();
    const served = plans({ EVM_KMS_KEYS_TESTNET: key.keyId, NETWORKS: 'base-sepolia' });
    const signers = await openSigners(served, {
      clock,
      onRetry: (faults) => heard.push(...faults.map(({ message }) => message)),
    });
    expect(signers.status === 'open' && served.map((plan) => signers.of(plan)[0]?.address)).toEqual([key.address]);
    expect(pauses).toEqual([500, 1_000]);
    expect(heard).toHaveLength(2);
    expect(heard[0]).toMatch(/^In AWS KMS, the key cannot be used: the service cannot be reached/);
  });

  it('is given up in half a minute', async () => {
    const served = plans({ EVM_KMS_KEYS_TESTNET: kms.createKey().keyId, NETWORKS: 'base-sepolia' });
    await kms.stop();
    const { clock, pauses } = hurried();
    const signers = await openSigners(served, { clock });
    if (signers.status !== 'problems') throw new Error('open');
    expect(signers.problems.map(problemLine)).toEqual([
      expect.stringMatching(/^EVM_KMS_KEYS_TESTNET: .* cannot be reached .* Start again when AWS KMS answers\.$/),
    ]);
    const waited = pauses.reduce((sum, ms) => sum + ms, 0);
    expect(waited).toBeGreaterThan(25_000);
    expect(waited).toBeLessThanOrEqual(30_000);
  });

  it('is asked once where nobody wants to wait', async () => {
    const served = plans({ EVM_KMS_KEYS_TESTNET: kms.createKey().keyId, NETWORKS: 'base-sepolia' });
    kms.disturb('reset', ATTEMPTS);
    const { clock, pauses } = hurried();
    expect(await openSigners(served, { clock, patienceMs: 0 })).toMatchObject({ status: 'problems' });
    expect(pauses).toEqual([]);
  });
});
