/** EIP-712 for exactly one type, with the token's part of the hash computed once. */
import type { Domain } from '@facilitator/protocol';
import type { TransferTerms } from '../abi/calls.ts';
import type { Hex } from '../hash/hex.ts';
import { keccak, keccakText } from '../hash/keccak.ts';

const DOMAIN_TYPE = keccakText('EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)');
const TRANSFER_TYPE = keccakText(
  'TransferWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)',
);

/** The EIP-712 domain separator of `token`. */
export function domainSeparator(domain: Domain, chainId: number, token: Hex): Uint8Array {
  const words = Buffer.alloc(5 * 32);
  words.set(DOMAIN_TYPE, 0);
  words.set(keccakText(domain.name), 32);
  words.set(keccakText(domain.version), 64);
  words.writeBigUInt64BE(BigInt(chainId), 120);
  words.write(token.slice(2), 140, 'hex');
  return keccak(words);
}

/** What the payer signed. */
export function authorizationDigest(separator: Uint8Array, terms: TransferTerms): Uint8Array {
  const words = Buffer.alloc(7 * 32);
  words.set(TRANSFER_TYPE, 0);
  words.write(terms.from.slice(2), 44, 'hex');
  words.write(terms.to.slice(2), 76, 'hex');
  writeUint(words, terms.value, 96);
  writeUint(words, terms.validAfter, 128);
  writeUint(words, terms.validBefore, 160);
  words.write(terms.nonce.slice(2), 192, 'hex');
  const message = Buffer.allocUnsafe(66);
  message[0] = 0x19;
  message[1] = 0x01;
  message.set(separator, 2);
  message.set(keccak(words), 34);
  return keccak(message);
}

function writeUint(words: Buffer, value: bigint, at: number): void {
  if (value <= 0xffff_ffff_ffff_ffffn) words.writeBigUInt64BE(value, at + 24);
  else words.write(value.toString(16).padStart(64, '0'), at, 'hex');
}
