/** What GetPublicKey says of a key: whether it can sign for an EVM network, and the curve's point. */
import { createPublicKey } from 'node:crypto';
import type { GetPublicKeyCommandOutput } from '@aws-sdk/client-kms';
import { KmsFault } from './kms-fault.ts';

export type PublicKey = {
  /** The key's own name, whatever alias it was asked for by. */
  readonly arn: string;
  /** The uncompressed point, 65 bytes. */
  readonly publicKey: Uint8Array;
};

/** Throws a KmsFault when it is a key of another kind. `unusable` is how its message begins. */
export function readPublicKey(found: GetPublicKeyCommandOutput, unusable: string): PublicKey {
  const { KeyId: arn, KeySpec, KeyUsage, PublicKey: der } = found;
  if (KeySpec !== 'ECC_SECG_P256K1' || KeyUsage !== 'SIGN_VERIFY') {
    throw new KmsFault(unusable, 'wrong-kind', { shown: `it is ${KeySpec} for ${KeyUsage}` });
  }
  const publicKey = der && pointOf(der);
  if (arn === undefined || publicKey === undefined) {
    throw new KmsFault(unusable, 'wrong-kind', { shown: 'its public key is none of the curve secp256k1' });
  }
  return { arn, publicKey };
}

/** The point in a DER-encoded SubjectPublicKeyInfo. */
function pointOf(der: Uint8Array): Uint8Array | undefined {
  try {
    const { crv, x, y } = createPublicKey({ key: Buffer.from(der), format: 'der', type: 'spki' }).export({
      format: 'jwk',
    });
    if (crv !== 'secp256k1' || x === undefined || y === undefined) return undefined;
    return Buffer.concat([Buffer.of(4), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]);
  } catch {
    // Not DER, or not a point of the curve.
    return undefined;
  }
}
