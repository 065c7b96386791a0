/** Addresses in their EIP-55 spelling: the one people and other software compare. */
import type { Hex } from './hex.ts';
import { keccak } from './keccak.ts';

/** The checksummed spelling of a lower-case address. */
export function checksum(address: Hex): Hex {
  const digits = address.slice(2);
  const hash = Buffer.from(keccak(Buffer.from(digits, 'latin1'))).toString('hex');
  let spelled = '';
  for (let index = 0; index < 40; index += 1) {
    const digit = digits.charAt(index);
    spelled += hash.charAt(index) >= '8' ? digit.toUpperCase() : digit;
  }
  return `0x${spelled}`;
}

/** The address of an uncompressed public key of 65 bytes, lower-case. */
export function addressOfKey(publicKey: Uint8Array): Hex {
  return `0x${Buffer.from(keccak(publicKey.subarray(1))).toString('hex', 12)}`;
}
