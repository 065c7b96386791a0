/** Whether the contract at a token's address is the token that the registry means, and which domain it signs under. */
import type { Domain } from '@facilitator/protocol';
import type { Call, Result } from '../abi/aggregate3.ts';
import { authorizationStateCall, plainCall } from '../abi/calls.ts';
import { readBool, readString, readStringAt, readUint, wordAt } from '../abi/words.ts';
import { domainSeparator } from '../decode/typed-data.ts';
import type { Hex } from '../hash/hex.ts';
import type { KnownToken } from '../tokens.ts';

export type Finding =
  | { readonly status: 'on'; readonly domain: Domain; readonly note?: string }
  | { readonly status: 'off'; readonly why: string };

const NOBODY: Hex = '0x0000000000000000000000000000000000000001';
const NO_NONCE: Hex = `0x${'00'.repeat(32)}`;

/** What is asked of each token. */
export function questionsTo({ address }: KnownToken): readonly Call[] {
  const asked: readonly Hex[] = [
    plainCall('DOMAIN_SEPARATOR()'),
    authorizationStateCall(NOBODY, NO_NONCE),
    plainCall('eip712Domain()'),
    plainCall('name()'),
    plainCall('version()'),
  ];
  return asked.map((data) => ({ target: address, mayFail: true, data }));
}

/** `results`: one for each of `questionsTo(token)`. */
export function examine(token: KnownToken, chainId: number, results: readonly Result[]): Finding {
  const [separatorTold, state, domainTold, nameTold, versionTold] = results;
  if (results.every(({ success, data }) => success && data === '')) return off('there is no contract');
  if (!state?.success || readBool(state.data) === undefined) return off('it has no authorizationState, so no EIP-3009');

  const told = domainTold?.success ? readDomain(domainTold.data, chainId, token.address) : undefined;
  const separator = separatorTold?.success ? wordAt(separatorTold.data, 0) : undefined;
  if (separator === undefined) return withoutSeparator(token, told);
  const matches = (domain: Domain | undefined) =>
    domain !== undefined && Buffer.from(domainSeparator(domain, chainId, token.address)).toString('hex') === separator;

  if (token.domain && matches(token.domain)) return { status: 'on', domain: token.domain };
  if (token.domainVerified) {
    return off(`its DOMAIN_SEPARATOR is 0x${separator}, which is not that of ${shown(token.domain)}`);
  }
  const name = nameTold?.success ? readString(nameTold.data) : undefined;
  const version = versionTold?.success ? readString(versionTold.data) : undefined;
  const found = [told, ...guesses(name, version), ...guesses(token.domain?.name, version)].find(matches);
  if (found === undefined) return off(`no domain is known that gives its DOMAIN_SEPARATOR 0x${separator}`);
  return { status: 'on', domain: found, note: `signs as ${shown(found)}, as the contract says` };
}

function withoutSeparator({ domain, domainVerified }: KnownToken, told: Domain | undefined): Finding {
  const known = told ?? (domainVerified ? domain : undefined);
  if (known === undefined) return off('it tells no DOMAIN_SEPARATOR to compare with');
  if (domainVerified && domain && (domain.name !== known.name || domain.version !== known.version)) {
    return off(`it signs as ${shown(known)}, which is not ${shown(domain)}`);
  }
  const note = told ? `signs as ${shown(told)}, as the contract says` : 'tells no DOMAIN_SEPARATOR to compare with';
  return { status: 'on', domain: known, note };
}

/** ERC-5267, when it speaks of this chain and this contract. */
function readDomain(digits: string, chainId: number, address: Hex): Domain | undefined {
  const name = readStringAt(digits, 1);
  const version = readStringAt(digits, 2);
  const contract = wordAt(digits, 4);
  const isThis = readUint(digits.slice(3 * 64)) === BigInt(chainId) && contract?.slice(24) === address.slice(2);
  return isThis && name !== undefined && version !== undefined ? { name, version } : undefined;
}

/** Tokens without `version()` use 1 or 2. */
function guesses(name: string | undefined, version: string | undefined): readonly Domain[] {
  if (name === undefined) return [];
  return [...(version === undefined ? [] : [version]), '1', '2'].map((each) => ({ name, version: each }));
}

function off(why: string): Finding {
  return { status: 'off', why };
}

function shown(domain: Domain | undefined): string {
  return domain === undefined
    ? 'any known domain'
    : `${JSON.stringify(domain.name)} version ${JSON.stringify(domain.version)}`;
}
