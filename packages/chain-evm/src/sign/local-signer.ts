/** A signer whose key is in this process. */
import type { Signer } from '@facilitator/engine';
import { checksum } from '../hash/address.ts';
import { hexBytes, toBytes } from '../hash/hex.ts';
import { addressOfPrivateKey, isPrivateKey, sign } from '../hash/secp256k1.ts';

/** `privateKey`: 64 hex digits, with or without 0x. Throws, without repeating it, when it is anything else. */
export function localSigner(privateKey: string): Signer {
  const hex = hexBytes(privateKey.trim());
  const key = hex && toBytes(hex);
  if (key === undefined || !isPrivateKey(key)) {
    throw new Error(
      'A private key must be 64 hex digits (32 bytes), with or without 0x, and a number the curve knows.',
    );
  }
  return {
    address: checksum(addressOfPrivateKey(key)),
    sign: async (digest) => sign(digest, key),
  };
}
