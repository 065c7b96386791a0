/** The static checks: what the payer signed against what the seller asked for. Pure, and fast enough for every request. */
import type { Decoded, Refusal } from '@facilitator/engine';
import type { Domain, Payment, Reason, Seconds, Terms } from '@facilitator/protocol';
import { authorize, type EvmAuthorization } from '../authorization.ts';
import { carry } from '../carry.ts';
import { checksum } from '../hash/address.ts';
import { type Hex, lowerAddress } from '../hash/hex.ts';
import type { GasCeilings } from '../policy.ts';
import type { TokenBook } from '../tokens.ts';
import { floorGas } from './floor-gas.ts';
import { parsePayload } from './payload.ts';
import { classify } from './signature.ts';
import { authorizationDigest, domainSeparator } from './typed-data.ts';

export type DecodeOptions = {
  readonly chainId: number;
  readonly tokens: TokenBook;
  /** Takes tokens nobody configured, when `extra` names their domain. */
  readonly anyAsset: boolean;
  /** Lower-case addresses. */
  readonly factories: ReadonlySet<string>;
  readonly multicall3: Hex;
  readonly gas: GasCeilings;
};

/** The token as far as checking a signature needs it. */
type Asset = {
  readonly address: Hex;
  readonly domain: Domain;
  readonly separator: Uint8Array;
  readonly overloads: 'both' | 'vrs';
};

type Found = { readonly status: 'asset'; readonly asset: Asset } | Refusal;

export function decode(payment: Payment, options: DecodeOptions): Decoded<EvmAuthorization> {
  const { terms, payload } = payment;
  if (terms.scheme !== 'exact') {
    return refused('unsupported_scheme', `Expected the scheme "exact", got ${quoted(terms.scheme)}.`);
  }
  const method = terms.extra['assetTransferMethod'] ?? 'eip3009';
  if (method !== 'eip3009' || 'permit2Authorization' in payload) {
    return refused('unsupported_payload_type', 'Only EIP-3009 payloads are served here, with an "authorization".');
  }
  const parsed = parsePayload(payload);
  if (parsed.status === 'malformed') return refused('invalid_payload', parsed.message);
  const { transfer, signature: sent } = parsed.payload;

  const found = findAsset(terms, options);
  if (found.status === 'refused') return { ...found, payer: checksum(transfer.from) };
  const { asset } = found;

  const { from, to, value } = transfer;
  if (to !== terms.payTo.toLowerCase()) {
    const message = `The authorization pays ${checksum(to)}, the seller asks to pay ${quoted(terms.payTo)}.`;
    return refused('invalid_exact_evm_recipient_mismatch', message, from);
  }
  if (value !== terms.amount) {
    const message = `The authorization is for ${value}, the seller asks for exactly ${terms.amount} atomic units.`;
    return refused('invalid_exact_evm_payload_authorization_value_mismatch', message, from);
  }

  const { chainId, factories } = options;
  const { address: token, domain } = asset;
  const digest = authorizationDigest(asset.separator, transfer);
  const classified = classify(sent, { from, digest, chainId, token, domain }, asset.overloads, factories);
  if (classified.status === 'refused') return refused(classified.reason, classified.message, from);
  const { batching } = terms;
  const authorization = authorize({ chainId, token, transfer, signature: classified.signature, domain, batching });
  return tooLong(authorization, options) ?? { status: 'authorization', authorization };
}

/** A contract's signature may have any length, and its bytes alone may need more gas than is sponsored. */
function tooLong(authorization: EvmAuthorization, options: DecodeOptions): Refusal | undefined {
  if (authorization.signature.form === 'key') return undefined;
  const { data, gas } = carry([authorization], options);
  const least = floorGas(data);
  if (least <= gas) return undefined;
  const message = `The signature is so long that its bytes alone need ${least} gas; ${gas} are sponsored.`;
  return refused('invalid_exact_evm_gas_ceiling_exceeded', message, authorization.transfer.from);
}

/** The validity window against the clock. `margin`: seconds that settling needs before the end. */
export function untimely({ transfer, payer }: EvmAuthorization, now: Seconds, margin: Seconds): Refusal | undefined {
  const { validAfter, validBefore } = transfer;
  if (validBefore < now + margin) {
    const message =
      validBefore <= now
        ? `The authorization ended at ${validBefore}, and now it is ${now}. Sign a new one.`
        : `The authorization ends at ${validBefore}; settling needs it until ${now + margin} at least.`;
    return { ...refused('invalid_exact_evm_payload_authorization_valid_before', message), payer };
  }
  if (validAfter > now) {
    const message = `The authorization begins at ${validAfter}, and now it is ${now}.`;
    return { ...refused('invalid_exact_evm_payload_authorization_valid_after', message), payer };
  }
  return undefined;
}

function findAsset(terms: Terms, options: DecodeOptions): Found {
  const address = lowerAddress(terms.asset);
  const token = address && options.tokens.find(address);
  if (token === undefined) {
    if (address !== undefined && options.anyAsset) return unknownAsset(address, terms, options);
    const served = options.tokens.served().map(({ symbol, spelling }) => `${symbol} ${spelling}`);
    return refused('unsupported_asset', `${quoted(terms.asset)} is not served here. Served: ${served.join(', ')}.`);
  }
  const { domain, separator, overloads, off, symbol } = token;
  if (off !== undefined || domain === undefined || separator === undefined) {
    return refused('unsupported_asset', `${symbol} ${token.spelling} is switched off here: ${off}.`);
  }
  return (
    wrongDomain(terms, domain) ?? { status: 'asset', asset: { address: token.address, domain, separator, overloads } }
  );
}

/** What the seller says of a token that is known better here must agree, or the payer signed for nothing. */
function wrongDomain({ extra }: Terms, expected: Domain): Refusal | undefined {
  const { name, version } = extra;
  const full = `The token's EIP-712 domain has name ${quoted(expected.name)} and version ${quoted(expected.version)}`;
  if (name !== undefined && name !== null && name !== expected.name) {
    return refused('invalid_exact_evm_token_name_mismatch', `${full}; extra.name is ${quoted(name)}.`);
  }
  if (version !== undefined && version !== null && version !== expected.version) {
    return refused('invalid_exact_evm_token_version_mismatch', `${full}; extra.version is ${quoted(version)}.`);
  }
  return undefined;
}

function unknownAsset(address: Hex, { extra }: Terms, { chainId }: DecodeOptions): Found {
  const { name, version } = extra;
  if (typeof name !== 'string' || typeof version !== 'string') {
    const message = `${checksum(address)} is not in the registry, so extra.name and extra.version must state its domain.`;
    return refused('invalid_exact_evm_missing_eip712_domain', message);
  }
  const domain = { name, version };
  // Which overloads it has is not known: the chain tells when the transfer is simulated.
  const asset: Asset = { address, domain, separator: domainSeparator(domain, chainId, address), overloads: 'both' };
  return { status: 'asset', asset };
}

function refused(reason: Reason, message: string, payer?: Hex): Refusal {
  return { status: 'refused', reason, message, ...(payer && { payer: checksum(payer) }) };
}

/** A foreign value fit for a message. */
function quoted(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
