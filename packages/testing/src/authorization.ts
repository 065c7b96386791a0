/** Signs EIP-3009 authorizations the way a buyer's client does: by viem, independent of the code under test. */
import { type Address, bytesToHex, type Hex } from 'viem';
import { privateKeyToAddress, signTypedData } from 'viem/accounts';

/** The `payload` of a payment, all strings as on the wire. */
export type AuthorizationPayload = {
  readonly signature: Hex;
  readonly authorization: {
    readonly from: Address;
    readonly to: Address;
    /** Decimal strings. */
    readonly value: string;
    readonly validAfter: string;
    readonly validBefore: string;
    /** 32 bytes. */
    readonly nonce: Hex;
  };
};

export type AuthorizationToSign = {
  readonly privateKey: Hex;
  readonly chainId: number;
  readonly token: { readonly address: Address; readonly name: string; readonly version: string };
  /** The payer, when it is not the key's own account: a wallet that the key owns. */
  readonly from?: Address;
  readonly to: Address;
  /** Atomic units. */
  readonly value: bigint;
  /** Unix seconds; 0 unless given. */
  readonly validAfter?: bigint;
  /** Unix seconds; ten minutes from now unless given. */
  readonly validBefore?: bigint;
  /** 32 bytes; random unless given. */
  readonly nonce?: Hex;
};

const FIELDS = [
  { name: 'from', type: 'address' },
  { name: 'to', type: 'address' },
  { name: 'value', type: 'uint256' },
  { name: 'validAfter', type: 'uint256' },
  { name: 'validBefore', type: 'uint256' },
  { name: 'nonce', type: 'bytes32' },
] as const;

/** 32 random bytes. */
export function randomNonce(): Hex {
  return bytesToHex(crypto.getRandomValues(new Uint8Array(32)));
}

/** Signs a TransferWithAuthorization: a 65-byte signature, v 27 or 28, low s. */
export async function signAuthorization(wanted: AuthorizationToSign): Promise<AuthorizationPayload> {
  const { privateKey, chainId, token, to, value } = wanted;
  const from = wanted.from ?? privateKeyToAddress(privateKey);
  const validAfter = wanted.validAfter ?? 0n;
  const validBefore = wanted.validBefore ?? BigInt(Math.floor(Date.now() / 1000)) + 600n;
  const nonce = wanted.nonce ?? randomNonce();
  const signature = await signTypedData({
    privateKey,
    domain: { name: token.name, version: token.version, chainId, verifyingContract: token.address },
    types: { TransferWithAuthorization: FIELDS },
    primaryType: 'TransferWithAuthorization',
    message: { from, to, value, validAfter, validBefore, nonce },
  });
  return {
    signature,
    authorization: {
      from,
      to,
      value: `${value}`,
      validAfter: `${validAfter}`,
      validBefore: `${validBefore}`,
      nonce,
    },
  };
}
