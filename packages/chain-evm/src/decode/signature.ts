/** From the bytes a client sent to who can be asked whether the payer agreed. */
import type { Domain, Reason } from '@facilitator/protocol';
import { readSize, wordAt } from '../abi/words.ts';
import type { PayerSignature } from '../authorization.ts';
import { checksum } from '../hash/address.ts';
import { type Hex, hexBytes, size, toBytes } from '../hash/hex.ts';
import { isHighS, recover } from '../hash/secp256k1.ts';

export type Fault = { readonly status: 'refused'; readonly reason: Reason; readonly message: string };

export type Classified = { readonly status: 'signed'; readonly signature: PayerSignature } | Fault;

/** What a signature is compared with. */
export type Expected = {
  /** The payer, lower-case. */
  readonly from: Hex;
  readonly digest: Uint8Array;
  readonly chainId: number;
  readonly token: Hex;
  readonly domain: Domain;
};

const ERC6492_SUFFIX = '6492'.repeat(16);
const KEY_SIGNATURE = 65;
/** The shortest thing that smart wallets make and nobody would take for a damaged key signature. */
const WALLET_SIGNATURE = 96;

/**
 * Sorts a signature. A payer whose token has no bytes overload must have signed with a key, so a fault is final here.
 * Elsewhere whatever is not by the payer's key may be for the payer's contract, and the chain decides.
 */
export function classify(
  sent: string,
  expected: Expected,
  overloads: 'both' | 'vrs',
  factories: ReadonlySet<string>,
): Classified {
  const bytes = hexBytes(sent);
  if (bytes === undefined) {
    const why = /^[0-9a-fA-F]*$/.test(sent)
      ? `has ${sent.length} hex digits, which is not a whole number of bytes`
      : 'contains characters that are not hex digits';
    return unreadable(`The signature ${why}. Expected 65 bytes: r, s and v.`);
  }
  if (bytes.endsWith(ERC6492_SUFFIX)) return classifyUndeployed(bytes, overloads, factories);
  const byKey = classifyByKey(bytes, expected);
  if (byKey.status === 'signed' || byKey.malleable || overloads === 'vrs') return byKey;
  return { status: 'signed', signature: { form: 'wallet', bytes } };
}

/** Why `bytes` is not a signature by the payer's own key. For payers who turned out to have no contract. */
export function whyNotKey(bytes: Hex, expected: Expected): Fault {
  if (size(bytes) >= WALLET_SIGNATURE) {
    return {
      status: 'refused',
      reason: 'invalid_exact_evm_payload_undeployed_smart_wallet',
      message:
        `The signature has ${size(bytes)} bytes, so a smart wallet made it, but there is no contract at ` +
        `${checksum(expected.from)}. Deploy the wallet, or wrap the signature as ERC-6492 describes.`,
    };
  }
  const classified = classifyByKey(bytes, expected);
  if (classified.status === 'signed') throw new Error('a signature by the payer’s key was asked why it is none');
  return classified;
}

type ByKey =
  | { readonly status: 'signed'; readonly signature: PayerSignature }
  | (Fault & { readonly malleable?: true });

function classifyByKey(bytes: Hex, expected: Expected): ByKey {
  const length = size(bytes);
  if (length !== KEY_SIGNATURE) {
    return unreadable(`The signature has ${length} bytes. Expected 65: r and s of 32 bytes each, then v.`);
  }
  const raw = toBytes(bytes);
  const v = raw.readUInt8(64);
  const parity = v === 27 || v === 0 ? 0 : v === 28 || v === 1 ? 1 : undefined;
  if (parity === undefined) return unreadable(`The signature ends in v = ${v}. Expected 27 or 28 (or 0 or 1).`);
  const rs = raw.subarray(0, 64);
  const signer = recover(expected.digest, rs, parity);
  if (signer !== expected.from) return notThePayer(signer, expected);
  if (isHighS(rs)) {
    const message =
      'The signature has an s in the upper half of the curve order, which tokens refuse. ' +
      'Sign with a library that makes canonical (low-s) signatures.';
    return { ...unreadable(message), malleable: true };
  }
  const r: Hex = `0x${bytes.slice(2, 66)}`;
  const s: Hex = `0x${bytes.slice(66, 130)}`;
  return { status: 'signed', signature: { form: 'key', v: parity === 0 ? 27 : 28, r, s } };
}

function notThePayer(signer: Hex | undefined, { from, domain, chainId, token }: Expected): Fault {
  const found = signer === undefined ? 'nobody’s key made it' : `it recovers to ${checksum(signer)}`;
  return {
    status: 'refused',
    reason: 'invalid_exact_evm_signature',
    message:
      `The signature is not by ${checksum(from)}: ${found}. Either another key signed, or other data was signed. ` +
      `The expected EIP-712 domain is name ${JSON.stringify(domain.name)}, version ${JSON.stringify(domain.version)}, ` +
      `chainId ${chainId}, verifyingContract ${checksum(token)}.`,
  };
}

/** abi.encode(address factory, bytes deployment, bytes signature), then the suffix. */
function classifyUndeployed(bytes: Hex, overloads: 'both' | 'vrs', factories: ReadonlySet<string>): Classified {
  const digits = bytes.slice(2, -ERC6492_SUFFIX.length);
  const factoryWord = wordAt(digits, 0);
  const deployment = readBytes(digits, 1);
  const inner = readBytes(digits, 2);
  if (!factoryWord?.startsWith('0'.repeat(24)) || deployment === undefined || inner === undefined) {
    return unreadable(
      'The signature ends like an ERC-6492 wrapper, but does not hold factory, factory calldata and signature.',
    );
  }
  const factory: Hex = `0x${factoryWord.slice(24)}`;
  if (overloads === 'vrs') {
    return {
      status: 'refused',
      reason: 'invalid_exact_evm_eip3009_not_supported',
      message: 'This token only takes signatures by keys, so a smart wallet cannot pay with it.',
    };
  }
  if (!factories.has(factory)) {
    return {
      status: 'refused',
      reason: 'eip6492_factory_not_allowed',
      message: `The signature wants the wallet deployed by ${checksum(factory)}, which is not an allowed factory here.`,
    };
  }
  return { status: 'signed', signature: { form: 'undeployed', factory, deployment, bytes: inner } };
}

function readBytes(digits: string, index: number): Hex | undefined {
  const offset = readSize(digits, index);
  if (offset === undefined || offset % 32 !== 0) return undefined;
  const length = readSize(digits, offset / 32);
  if (length === undefined) return undefined;
  const from = offset * 2 + 64;
  const found = digits.slice(from, from + length * 2);
  return found.length === length * 2 ? `0x${found}` : undefined;
}

function unreadable(message: string): Fault {
  return { status: 'refused', reason: 'invalid_exact_evm_failed_to_parse_signature', message };
}
