import { inspect } from 'node:util';
import { KMSClient } from '@aws-sdk/client-kms';
import type { Signer } from '@facilitator/engine';
import { type KmsDisturbance, type KmsDouble, type KmsKey, newWallet, startKmsDouble } from '@facilitator/testing';
import { bytesToHex, hexToBytes, keccak256, numberToHex, recoverAddress, stringToBytes } from 'viem';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { KmsFault, type KmsFaultReason } from './kms-fault.ts';
import { kmsSigner } from './kms-signer.ts';

const HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n;

let kms: KmsDouble;
let key: KmsKey;
let client: KMSClient;
beforeEach(async () => {
  kms = await startKmsDouble();
  key = kms.createKey();
  client = clientWith(kms.credentials);
});
afterEach(async () => {
  client.destroy();
  await kms.stop();
});

function clientWith(credentials: KmsDouble['credentials']): KMSClient {
  return new KMSClient({ endpoint: kms.url, region: kms.region, credentials });
}

const digestOf = (text: string) => keccak256(stringToBytes(text), 'bytes');

/** The fault that it rejects with. Whatever it is, it tells nothing that is not for everybody. */
async function fault(work: Promise<unknown>): Promise<KmsFault> {
  const thrown: unknown = await work.then(
    () => expect.fail('it worked'),
    (error: unknown) => error,
  );
  if (!(thrown instanceof KmsFault)) throw thrown;
  const { accessKeyId, secretAccessKey } = kms.credentials;
  const shown = inspect(thrown, { depth: 10, showHidden: true });
  for (const secret of [accessKeyId, secretAccessKey, key.keyId, '111122223333', 'arn:', kms.url]) {
    expect(shown).not.toContain(secret);
  }
  return thrown;
}

describe('signing', () => {
  test('has the key’s address, and asks for it once', async () => {
    const signer = await kmsSigner({ client, keyId: key.arn });
    expect(signer.address).toBe(key.address);
    await Promise.all([signer.sign(digestOf('a')), signer.sign(digestOf('b'))]);
    expect(kms.calls).toEqual(['GetPublicKey', 'Sign', 'Sign']);
  });

  test('many digests at once: 65 bytes, s low, and the parity that recovers the address', async () => {
    const signer = await kmsSigner({ client, keyId: key.arn });
    const digests = Array.from({ length: 100 }, (_, index) => digestOf(`payment ${index}`));
    const signatures = await Promise.all(digests.map((digest) => signer.sign(digest)));
    for (const [index, signature] of signatures.entries()) {
      expect(signature).toHaveLength(65);
      expect([0, 1]).toContain(signature[64]);
      expect(BigInt(bytesToHex(signature.subarray(32, 64))) <= HALF_ORDER).toBe(true);
      const v = numberToHex(27 + Number(signature[64]), { size: 1 });
      const full = `${bytesToHex(signature.subarray(0, 64))}${v.slice(2)}` as const;
      const hash = bytesToHex(digests[index] ?? new Uint8Array());
      expect(await recoverAddress({ hash, signature: full })).toBe(key.address);
    }
  });

  test('a key by id or alias; the alias may be pointed elsewhere afterwards', async () => {
    kms.alias('alias/payer', key);
    const byAlias = await kmsSigner({ client, keyId: 'alias/payer' });
    const byId = await kmsSigner({ client, keyId: key.keyId });
    expect([byAlias.address, byId.address]).toEqual([key.address, key.address]);
    const other = kms.createKey();
    kms.alias('alias/payer', other);
    await expect(byAlias.sign(digestOf('a'))).resolves.toHaveLength(65);
    expect((await kmsSigner({ client, keyId: 'alias/payer' })).address).toBe(other.address);
  });

  test('signs digests only: what is not hashed yet never gets to KMS', async () => {
    const signer = await kmsSigner({ client, keyId: key.arn });
    await expect(signer.sign(hexToBytes(newWallet().address))).rejects.toThrow('A digest has 32 bytes, not 20.');
    await expect(signer.sign(new Uint8Array())).rejects.toThrow('32 bytes');
    expect(kms.calls).toEqual(['GetPublicKey']);
  });
});

describe('a key that cannot be used', () => {
  const open = (keyId = key.arn, used = client) => fault(kmsSigner({ client: used, keyId }));

  test('a key of another kind', async () => {
    const p256 = await open(kms.createKey('ECC_NIST_P256').arn);
    expect(p256).toMatchObject({ reason: 'wrong-kind' });
    expect(p256.message).toBe(
      'In AWS KMS, the key cannot be used: it is ECC_NIST_P256 for SIGN_VERIFY; ' +
        'it must be of spec ECC_SECG_P256K1 for SIGN_VERIFY.',
    );
    expect(await open(kms.createKey('SYMMETRIC_DEFAULT').arn)).toMatchObject({ reason: 'wrong-kind' });
  });

  test('no such key', async () => {
    expect(await open('alias/nobody')).toMatchObject({ reason: 'no-such-key', exception: 'NotFoundException' });
    expect(await open(key.arn.replace(kms.region, 'us-east-1'))).toMatchObject({ reason: 'no-such-key' });
  });

  test('an identity that may not', async () => {
    kms.deny('GetPublicKey');
    expect((await open()).message).toBe(
      'In AWS KMS, the key cannot be used: access is denied. ' +
        'Grant the identity kms:GetPublicKey and kms:Sign on the key (AccessDeniedException).',
    );
  });

  test('an identity that AWS does not know', async () => {
    const stranger = clientWith({ accessKeyId: 'AKIASTRANGER', secretAccessKey: 'secret' });
    expect(await open(key.arn, stranger)).toMatchObject({ reason: 'no-credentials' });
    stranger.destroy();
  });

  test('a key that is disabled, or will be deleted', async () => {
    key.setState('Disabled');
    expect(await open()).toMatchObject({ reason: 'unusable-key', passing: false, exception: 'DisabledException' });
    key.setState('PendingDeletion');
    expect(await open()).toMatchObject({ reason: 'unusable-key', exception: 'KMSInvalidStateException' });
  });

  test('nobody listens', async () => {
    await kms.stop();
    expect(await open()).toMatchObject({ reason: 'unreachable', passing: true, exception: 'ECONNREFUSED' });
  });
});

describe('a signature that does not come', () => {
  let signer: Signer;
  beforeEach(async () => {
    signer = await kmsSigner({ client, keyId: key.arn });
  });
  const refused = () => fault(signer.sign(digestOf('a')));
  /** The SDK asks up to three times. */
  const ATTEMPTS = 3;

  test('the key was disabled meanwhile; enabled again it signs', async () => {
    key.setState('Disabled');
    const { reason, message, requestId } = await refused();
    expect(reason).toBe('unusable-key');
    expect(message).toBe(
      `AWS KMS does not sign for ${key.address}: the key is disabled, pending deletion or otherwise not usable. ` +
        'Enable it (DisabledException).',
    );
    expect(requestId).toMatch(/^[0-9a-f-]{36}$/);
    key.setState('Enabled');
    await expect(signer.sign(digestOf('a'))).resolves.toHaveLength(65);
  });

  test('access was taken away', async () => {
    kms.deny('Sign');
    expect(await refused()).toMatchObject({ reason: 'access-denied' });
  });

  test.each<[KmsDisturbance, KmsFaultReason]>([
    ['throttle', 'throttled'],
    ['internal-error', 'unavailable'],
    ['reset', 'unreachable'],
  ])('%s: tried again, then given up', async (disturbance, reason) => {
    kms.disturb(disturbance, ATTEMPTS - 1);
    await expect(signer.sign(digestOf('a'))).resolves.toHaveLength(65);
    kms.disturb(disturbance, ATTEMPTS);
    expect(await refused()).toMatchObject({ reason });
    expect(kms.calls).toEqual(['GetPublicKey', ...Array.from({ length: 2 * ATTEMPTS }, () => 'Sign')]);
  });

  test.each<KmsDisturbance>(['foreign-signature', 'no-signature'])('%s is not handed on', async (disturbance) => {
    kms.disturb(disturbance);
    expect(await refused()).toMatchObject({ reason: 'not-its-signature', requestId: undefined });
    await expect(signer.sign(digestOf('a'))).resolves.toHaveLength(65);
  });

  test('an answer that never comes ends at the deadline, and does not stop the next', async () => {
    const hasty = await kmsSigner({ client, keyId: key.arn, timeoutMs: 400 });
    kms.disturb('silence');
    const { reason, message } = await fault(hasty.sign(digestOf('a')));
    expect(reason).toBe('timeout');
    expect(message).toBe(`AWS KMS does not sign for ${key.address}: no answer in time (TimeoutError).`);
    await expect(hasty.sign(digestOf('a'))).resolves.toHaveLength(65);
  });

  test('the deadline holds while the SDK waits for credentials, which it does without listening', async () => {
    const waiting = new KMSClient({
      endpoint: kms.url,
      region: kms.region,
      credentials: () => new Promise(() => undefined),
    });
    const opening = kmsSigner({ client: waiting, keyId: key.arn, timeoutMs: 50 });
    expect(await fault(opening)).toMatchObject({ reason: 'timeout' });
    waiting.destroy();
  });
});
