/** An EIP-3009 permission as this family carries it from decoding to evidence. */
import type { Authorization } from '@facilitator/engine';
import type { Batching, Caip2, Domain } from '@facilitator/protocol';
import type { TransferTerms } from './abi/calls.ts';
import { checksum } from './hash/address.ts';
import type { Hex } from './hash/hex.ts';

/** How the payer signed, which decides the call that pays. */
export type PayerSignature =
  /** By the payer's own key, proven by recovery: the v, r, s overload. */
  | { readonly form: 'key'; readonly v: 27 | 28; readonly r: Hex; readonly s: Hex }
  /** For the payer's contract to judge (ERC-1271, also EIP-7702): the bytes overload. */
  | { readonly form: 'wallet'; readonly bytes: Hex }
  /** The same before the contract exists (ERC-6492): `deployment` is the calldata that makes `factory` deploy it. */
  | { readonly form: 'undeployed'; readonly factory: Hex; readonly deployment: Hex; readonly bytes: Hex };

export type EvmAuthorization = Authorization & {
  /** The token, lower-case. */
  readonly token: Hex;
  /** What was signed, addresses lower-case. */
  readonly transfer: TransferTerms;
  readonly signature: PayerSignature;
  /** The EIP-712 domain the signature was checked against. */
  readonly domain: Domain;
};

type Parts = Pick<EvmAuthorization, 'token' | 'transfer' | 'signature' | 'domain'> & {
  readonly chainId: number;
  /** `auto` unless given. */
  readonly batching?: Batching | undefined;
};

/**
 * The end of the year 9999. Some clients sign windows that end in 2^256: `expires` stops here, so that it fits every
 * store. The window itself stays as signed.
 */
const LATEST = 253_402_300_799n;

export function authorize({ chainId, token, transfer, signature, domain, batching = 'auto' }: Parts): EvmAuthorization {
  const { from, to, value, validBefore, nonce } = transfer;
  const network: Caip2 = `eip155:${chainId}`;
  // Tokens accept while the block's time is below validBefore.
  const expires = validBefore === 0n ? 0n : validBefore - 1n;
  return {
    anchor: `${network}:${token}:${from}:${nonce}`,
    network,
    asset: checksum(token),
    payer: checksum(from),
    payTo: checksum(to),
    amount: value,
    nonce,
    expires: expires < LATEST ? expires : LATEST,
    proven: signature.form === 'key',
    batching,
    token,
    transfer,
    signature,
    domain,
  };
}

/**
 * The same payment, once it is known that the payer's contract exists: an ERC-6492 signature is the contract's own signature
 * then, and nothing has to be deployed.
 */
export function asDeployed(authorization: EvmAuthorization): EvmAuthorization {
  const { signature } = authorization;
  if (signature.form !== 'undeployed') return authorization;
  return { ...authorization, signature: { form: 'wallet', bytes: signature.bytes } };
}

/** The journal's form: JSON with amounts and times as strings. It is a bearer instrument until it is used. */
export function stow({ token, transfer, signature, domain, batching }: EvmAuthorization): string {
  const { value, validAfter, validBefore } = transfer;
  const numbers = { value: `${value}`, validAfter: `${validAfter}`, validBefore: `${validBefore}` };
  // What asks for nothing special is stored as it always was.
  const special = batching === 'auto' ? {} : { batching };
  const stowed: Stowed = { token, transfer: { ...transfer, ...numbers }, signature, domain, ...special };
  return JSON.stringify(stowed);
}

/** The inverse of `stow`. Throws on anything that `stow` did not write. */
export function recall(stored: string, chainId: number): EvmAuthorization {
  const { token, transfer, signature, domain, batching }: Stowed = JSON.parse(stored);
  return authorize({
    chainId,
    token,
    transfer: {
      ...transfer,
      value: BigInt(transfer.value),
      validAfter: BigInt(transfer.validAfter),
      validBefore: BigInt(transfer.validBefore),
    },
    signature,
    domain,
    batching,
  });
}

type Stowed = Pick<EvmAuthorization, 'token' | 'signature' | 'domain'> & {
  /** Absent means `auto`. */
  readonly batching?: Batching;
  readonly transfer: Omit<TransferTerms, 'value' | 'validAfter' | 'validBefore'> & {
    readonly value: string;
    readonly validAfter: string;
    readonly validBefore: string;
  };
};
