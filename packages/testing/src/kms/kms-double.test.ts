import { createHash, randomBytes, verify } from 'node:crypto';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { KmsKey } from './keys.ts';
import { type KmsDouble, startKmsDouble } from './kms-double.ts';

let kms: KmsDouble;
let key: KmsKey;
beforeEach(async () => {
  kms = await startKmsDouble();
  onTestFinished(() => kms.stop());
  key = kms.createKey();
});

type Asked = { readonly status: number; readonly body: Record<string, unknown> };

/** A request as the SDK makes it, but for the signature of the request. */
async function ask(target: string, input: unknown, scope = `${kms.credentials.accessKeyId}/20260101/${kms.region}`) {
  const response = await fetch(kms.url, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `TrentService.${target}`,
      authorization: `AWS4-HMAC-SHA256 Credential=${scope}/kms/aws4_request, SignedHeaders=host, Signature=00`,
    },
    body: JSON.stringify(input),
  });
  const asked: Asked = { status: response.status, body: JSON.parse(await response.text()) };
  return asked;
}

const digest = () => randomBytes(32).toString('base64');
const toSign = (changes: object = {}) => ({
  KeyId: key.arn,
  Message: digest(),
  MessageType: 'DIGEST',
  SigningAlgorithm: 'ECDSA_SHA_256',
  ...changes,
});
const refused = (type: string, message: unknown = expect.any(String), status = 400) => ({
  status,
  body: { __type: type, message },
});

describe('signing', () => {
  test('OpenSSL verifies what it signs, by the public key that it shows', async () => {
    const shown = await ask('GetPublicKey', { KeyId: key.arn });
    expect(shown.body).toMatchObject({ KeyId: key.arn, KeySpec: 'ECC_SECG_P256K1', KeyUsage: 'SIGN_VERIFY' });
    const publicKey = {
      key: Buffer.from(String(shown.body['PublicKey']), 'base64'),
      format: 'der',
      type: 'spki',
    } as const;
    const text = Buffer.from('a message');
    const hashed = createHash('sha256').update(text).digest('base64');
    const [whole, digested] = await Promise.all([
      ask('Sign', toSign({ Message: text.toString('base64'), MessageType: 'RAW' })),
      ask('Sign', toSign({ Message: hashed })),
    ]);
    for (const { body } of [whole, digested]) {
      expect(verify('sha256', text, publicKey, Buffer.from(String(body['Signature']), 'base64'))).toBe(true);
    }
  });

  test('signs the same differently each time, with s in either half', async () => {
    const wanted = toSign();
    const answers = await Promise.all(Array.from({ length: 64 }, () => ask('Sign', wanted)));
    const signatures = answers.map(({ body }) => String(body['Signature']));
    expect(new Set(signatures).size).toBe(64);
    const halves = signatures.map((one) => secp256k1.Signature.fromBytes(Buffer.from(one, 'base64'), 'der').hasHighS());
    expect(new Set(halves)).toEqual(new Set([true, false]));
  });
});

describe('the rules', () => {
  test.each([
    [{ Message: randomBytes(31).toString('base64') }, 'Digest is invalid length for algorithm ECDSA_SHA_256.'],
    [{ Message: undefined }, expect.stringContaining('message')],
    [{ Message: randomBytes(4097).toString('base64'), MessageType: 'RAW' }, expect.stringContaining('message')],
    [{ MessageType: 'EXTERNAL' }, expect.stringContaining('messageType')],
    [{ SigningAlgorithm: undefined }, expect.stringContaining('signingAlgorithm')],
    [{ KeyId: '' }, expect.stringContaining('keyId')],
  ])('refuses %o', async (changes, message) => {
    expect(await ask('Sign', toSign(changes))).toEqual(refused('ValidationException', message));
  });

  test('an algorithm of another curve or another use', async () => {
    const message = 'Algorithm ECDSA_SHA_384 is incompatible with key spec ECC_SECG_P256K1.';
    const wrong = await ask('Sign', toSign({ SigningAlgorithm: 'ECDSA_SHA_384' }));
    expect(wrong).toEqual(refused('InvalidKeyUsageException', message));
    const { arn } = kms.createKey('SYMMETRIC_DEFAULT');
    expect(await ask('Sign', toSign({ KeyId: arn }))).toEqual(refused('InvalidKeyUsageException'));
    expect(await ask('GetPublicKey', { KeyId: arn })).toEqual(refused('UnsupportedOperationException'));
  });

  test('keys go by id, ARN, alias and the alias’s ARN', async () => {
    kms.alias('alias/payer', key);
    const aliasArn = key.arn.replace(/key\/.*/, 'alias/payer');
    for (const KeyId of [key.keyId, key.arn, 'alias/payer', aliasArn]) {
      expect(await ask('GetPublicKey', { KeyId })).toMatchObject({ status: 200, body: { KeyId: key.arn } });
    }
    const elsewhere = key.arn.replace(kms.region, 'us-east-1');
    for (const KeyId of ['alias/nobody', '11111111-2222-3333-4444-555555555555', elsewhere]) {
      expect(await ask('GetPublicKey', { KeyId })).toEqual(refused('NotFoundException'));
    }
  });

  test('a disabled key does nothing until it is enabled; nor does one that is to be deleted', async () => {
    for (const [state, type] of [
      ['Disabled', 'DisabledException'],
      ['PendingDeletion', 'KMSInvalidStateException'],
    ] as const) {
      key.setState(state);
      expect(await ask('Sign', toSign())).toEqual(refused(type));
      expect(await ask('GetPublicKey', { KeyId: key.arn })).toEqual(refused(type));
    }
    key.setState('Enabled');
    expect(await ask('Sign', toSign())).toMatchObject({ status: 200 });
  });

  test('who asks must be known, and may be denied', async () => {
    const { accessKeyId } = kms.credentials;
    expect(await ask('Sign', toSign(), 'AKIASTRANGER/20260101/eu-west-1')).toEqual(
      refused('UnrecognizedClientException'),
    );
    expect(await ask('Sign', toSign(), `${accessKeyId}/20260101/us-east-1`)).toEqual(
      refused('InvalidSignatureException'),
    );
    const bare = await fetch(kms.url, { method: 'POST', headers: { 'x-amz-target': 'TrentService.Sign' }, body: '{}' });
    expect(await bare.json()).toMatchObject({ __type: 'MissingAuthenticationTokenException' });
    kms.deny('Sign');
    expect(await ask('Sign', toSign())).toEqual(refused('AccessDeniedException', expect.stringContaining(accessKeyId)));
    expect(await ask('GetPublicKey', { KeyId: key.arn })).toMatchObject({ status: 200 });
    expect(await ask('Encrypt', {})).toEqual(refused('UnknownOperationException'));
  });
});

test('disturbs as often as it was told', async () => {
  kms.disturb('throttle', 2);
  kms.disturb('internal-error');
  kms.disturb('reset');
  expect(await ask('Sign', toSign())).toEqual(refused('ThrottlingException', 'Rate exceeded'));
  expect(await ask('Sign', toSign())).toEqual(refused('ThrottlingException', 'Rate exceeded'));
  expect(await ask('Sign', toSign())).toEqual(refused('KMSInternalException', expect.any(String), 500));
  await expect(ask('Sign', toSign())).rejects.toThrow('fetch failed');
  expect(await ask('Sign', toSign())).toMatchObject({ status: 200 });
  expect(kms.calls).toEqual(['Sign', 'Sign', 'Sign', 'Sign', 'Sign']);
});

test('after stop nobody listens', async () => {
  await kms.stop();
  await kms.stop();
  await expect(ask('Sign', toSign())).rejects.toThrow('fetch failed');
});
