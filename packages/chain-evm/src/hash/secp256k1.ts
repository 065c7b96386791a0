/** The curve, by the native library only: its JavaScript fall-back is 20 times slower and would be taken silently. */
import { createRequire } from 'node:module';
import type * as Secp256k1 from 'secp256k1';
import { addressOfKey } from './address.ts';
import type { Hex } from './hex.ts';

const native = load();

/** Half of the curve's order: signatures with a larger s are malleable, and tokens refuse them. */
const HALF_ORDER = Buffer.from('7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0', 'hex');

/** The lower-case address whose key signed `digest`; undefined when no key could have made this signature. */
export function recover(digest: Uint8Array, rs: Uint8Array, parity: 0 | 1): Hex | undefined {
  try {
    return addressOfKey(native.ecdsaRecover(rs, parity, digest, false));
  } catch {
    // Out of range or not on the curve.
    return undefined;
  }
}

/** Whether s, the second half of `rs`, is in the upper half of the order. */
export function isHighS(rs: Uint8Array): boolean {
  return Buffer.compare(rs.subarray(32, 64), HALF_ORDER) > 0;
}

/** r, s and parity in 65 bytes. Deterministic (RFC 6979), s always in the lower half. */
export function sign(digest: Uint8Array, privateKey: Uint8Array): Uint8Array {
  const { signature, recid } = native.ecdsaSign(digest, privateKey);
  const out = new Uint8Array(65);
  out.set(signature);
  out[64] = recid;
  return out;
}

export function isPrivateKey(key: Uint8Array): boolean {
  return key.length === 32 && native.privateKeyVerify(key);
}

/** The lower-case address that `privateKey` signs for. */
export function addressOfPrivateKey(privateKey: Uint8Array): Hex {
  return addressOfKey(native.publicKeyCreate(privateKey, false));
}

function load(): typeof Secp256k1 {
  try {
    return createRequire(import.meta.url)('secp256k1/bindings.js');
  } catch (cause) {
    throw new Error(
      `The native module of secp256k1 does not load on ${process.platform}-${process.arch}. ` +
        'Run "npm rebuild secp256k1", or use a platform that the package has a prebuilt binary for.',
      { cause },
    );
  }
}
