/** From what KMS answers, a DER signature, to what a transaction carries: r, low s, parity. */
import { createRequire } from 'node:module';
import type * as Secp256k1 from 'secp256k1';

const native = load();

/**
 * r, s and parity in 65 bytes, s in the lower half of the order (EIP-2). `publicKey` is the uncompressed point. Undefined
 * when `der` is no signature of `digest` by that key.
 */
export function recoverable(der: Uint8Array, digest: Uint8Array, publicKey: Uint8Array): Uint8Array | undefined {
  const rs = lowS(der);
  // KMS does not say the parity. Recovering finds it, and proves at once that it was this key.
  const parity = rs && [0, 1].find((bit) => recovers(rs, bit, digest, publicKey));
  return rs === undefined || parity === undefined ? undefined : Uint8Array.of(...rs, parity);
}

function lowS(der: Uint8Array): Uint8Array | undefined {
  try {
    return native.signatureNormalize(native.signatureImport(der));
  } catch {
    // Not DER, or numbers out of range.
    return undefined;
  }
}

function recovers(rs: Uint8Array, parity: number, digest: Uint8Array, publicKey: Uint8Array): boolean {
  try {
    return Buffer.compare(native.ecdsaRecover(rs, parity, digest, false), publicKey) === 0;
  } catch {
    // There is no point with this r.
    return false;
  }
}

/** The native library only: the package's own fall-back to JavaScript is silent, and 20 times slower. */
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
