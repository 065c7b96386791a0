import { randomBytes } from 'node:crypto';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { recoverable } from './signature.ts';

const { Signature } = secp256k1;
const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
const secret = bytes32.filter((bytes) => secp256k1.utils.isValidSecretKey(bytes));
const OPTIONS = { prehash: false, lowS: false, extraEntropy: true } as const;
const HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n;

/** r, s and what recovering r, s and parity gives. */
function read(signature: Uint8Array, digest: Uint8Array) {
  const { r, s } = Signature.fromBytes(signature.subarray(0, 64), 'compact');
  const recovered = new Signature(r, s, signature[64]).recoverPublicKey(digest).toBytes(false);
  return { r, s, recovered };
}

test('any signature in DER becomes r, low s and the parity that recovers the key', () => {
  const halves = new Set<boolean>();
  fc.assert(
    fc.property(secret, bytes32, (key, digest) => {
      const der = secp256k1.sign(digest, key, { ...OPTIONS, format: 'der' });
      const publicKey = secp256k1.getPublicKey(key, false);
      const given = Signature.fromBytes(der, 'der');
      halves.add(given.hasHighS());
      const signature = recoverable(der, digest, publicKey) ?? expect.fail('not recovered');
      expect(signature).toHaveLength(65);
      const { r, s, recovered } = read(signature, digest);
      expect(r).toBe(given.r);
      expect(s <= HALF_ORDER).toBe(true);
      expect(recovered).toEqual(publicKey);
    }),
  );
  expect(halves).toEqual(new Set([true, false]));
});

test('a signature of another digest or by another key is none', () => {
  const key = secp256k1.utils.randomSecretKey();
  const stranger = secp256k1.getPublicKey(secp256k1.utils.randomSecretKey(), false);
  const digest = new Uint8Array(randomBytes(32));
  const der = secp256k1.sign(digest, key, { ...OPTIONS, format: 'der' });
  const publicKey = secp256k1.getPublicKey(key, false);
  expect(recoverable(der, digest, publicKey)).toBeDefined();
  expect(recoverable(der, new Uint8Array(randomBytes(32)), publicKey)).toBeUndefined();
  expect(recoverable(der, digest, stranger)).toBeUndefined();
});

test('whatever comes instead of a signature is none, and throws nothing', () => {
  const key = secp256k1.utils.randomSecretKey();
  const publicKey = secp256k1.getPublicKey(key, false);
  const damaged = fc.tuple(bytes32, fc.nat(71), fc.nat(255)).map(([digest, at, value]) => {
    const der = Uint8Array.from(secp256k1.sign(digest, key, { ...OPTIONS, format: 'der' }));
    const whole = der[at] === value || at >= der.length;
    der[at] = value;
    return { der, digest, whole };
  });
  fc.assert(
    fc.property(damaged, ({ der, digest, whole }) => {
      fc.pre(!whole);
      expect(recoverable(der, digest, publicKey)).toBeUndefined();
    }),
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), bytes32, (der, digest) => {
      expect(recoverable(der, digest, publicKey)).toBeUndefined();
    }),
  );
});
