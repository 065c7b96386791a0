/** Calldata of the functions that paying needs. Each layout is fixed, so words are joined and nothing is looked up. */
import type { Hex } from '../hash/hex.ts';
import { addressWord, bytes32Word, bytesTail, sizeWord, uintWord } from './words.ts';

export type TransferTerms = {
  readonly from: Hex;
  readonly to: Hex;
  readonly value: bigint;
  readonly validAfter: bigint;
  readonly validBefore: bigint;
  readonly nonce: Hex;
};

/** Selectors, by the signature they are the hash of. A test computes them again. */
export const SELECTORS = {
  'transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,bytes32)': 'e3ee160e',
  'transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,bytes)': 'cf092995',
  'authorizationState(address,bytes32)': 'e94a0102',
  'balanceOf(address)': '70a08231',
  'isBlacklisted(address)': 'fe575a87',
  'isFrozen(address)': 'e5839836',
  'DOMAIN_SEPARATOR()': '3644e515',
  'eip712Domain()': '84b0196e',
  'name()': '06fdde03',
  'version()': '54fd4d50',
  'getCurrentBlockTimestamp()': '0f28c97d',
  'getBasefee()': '3e64a696',
  'getCurrentBlockGasLimit()': '86d516e8',
  'getEthBalance(address)': '4d2301cc',
  'getL1FeeUpperBound(uint256)': 'f1c7a58b',
} as const;

type Signature = keyof typeof SELECTORS;

/** The call of a function that takes nothing. */
export function plainCall(signature: Extract<Signature, `${string}()`>): Hex {
  return `0x${SELECTORS[signature]}`;
}

/** The call of a function that takes one address. */
export function addressCall(signature: Extract<Signature, `${string}(address)`>, address: Hex): Hex {
  return `0x${SELECTORS[signature]}${addressWord(address)}`;
}

/** The call of a function that takes one number. */
export function uintCall(signature: Extract<Signature, `${string}(uint256)`>, value: bigint): Hex {
  return `0x${SELECTORS[signature]}${uintWord(value)}`;
}

export function authorizationStateCall(authorizer: Hex, nonce: Hex): Hex {
  return `0x${SELECTORS['authorizationState(address,bytes32)']}${addressWord(authorizer)}${bytes32Word(nonce)}`;
}

/** The overload every EIP-3009 token has: for the signature of a key. */
export function transferByKeyCall(terms: TransferTerms, v: 27 | 28, r: Hex, s: Hex): Hex {
  const selector =
    SELECTORS['transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,bytes32)'];
  return `0x${selector}${termsWords(terms)}${sizeWord(v)}${bytes32Word(r)}${bytes32Word(s)}`;
}

/** The overload for a signature that only the payer's own contract can judge. */
export function transferByWalletCall(terms: TransferTerms, signature: Hex): Hex {
  const selector = SELECTORS['transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,bytes)'];
  return `0x${selector}${termsWords(terms)}${sizeWord(7 * 32)}${bytesTail(signature.slice(2))}`;
}

function termsWords({ from, to, value, validAfter, validBefore, nonce }: TransferTerms): string {
  return (
    addressWord(from) +
    addressWord(to) +
    uintWord(value) +
    uintWord(validAfter) +
    uintWord(validBefore) +
    bytes32Word(nonce)
  );
}
