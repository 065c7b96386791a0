/** Adds an operator's own networks and tokens to the registry. What does not fit is reported, never dropped. */
import { type Issue, issuesOf } from '../issue.ts';
import { etherscan, evmNetwork } from './evm.ts';
import type { EvmNetwork, EvmToken, Network } from './network.ts';
import { addressKey, clashes, createNetworks, type Networks } from './networks.ts';
import { EVM_ENTRY, type EvmEntry, OTHER_ENTRY, type OtherEntry, OWN_FILE, type OwnEvmToken } from './own-schema.ts';

export type Extended =
  | { readonly status: 'networks'; readonly networks: Networks }
  /** `issues` is never empty. */
  | { readonly status: 'malformed'; readonly issues: readonly Issue[] };

type Built =
  | { readonly status: 'built'; readonly path: string; readonly network: Network }
  | { readonly status: 'malformed'; readonly issues: readonly Issue[] };

/**
 * Reads `{ "networks": [...] }`. An entry with the name of a known network changes what it states and adds its tokens;
 * any other adds an EVM network, which needs at least `chainId` and `testnet`.
 */
export function extendNetworks(own: unknown): Extended {
  const file = OWN_FILE.safeParse(own);
  if (!file.success) {
    const issues = issuesOf(file.error).map((issue) => (issue.path === '' ? { ...issue, path: 'file' } : issue));
    return { status: 'malformed', issues };
  }
  const known = createNetworks().all();
  const entries = (file.data.networks ?? []).map((entry, index) => {
    const base = known.find(({ name }) => name === entry.name);
    return build(entry, base, `networks[${index}]`);
  });
  const built = entries.filter((entry) => entry.status === 'built');
  const issues = [
    ...entries.flatMap((entry) => (entry.status === 'malformed' ? entry.issues : [])),
    ...built.flatMap(repeatedTokens),
    ...claimedTwice(built, known),
  ];
  if (issues.length > 0) return { status: 'malformed', issues };
  return { status: 'networks', networks: createNetworks(built.map(({ network }) => network)) };
}

function build(entry: unknown, base: Network | undefined, path: string): Built {
  if (base !== undefined && base.family !== 'evm') {
    const read = OTHER_ENTRY.safeParse(entry);
    if (!read.success) return { status: 'malformed', issues: issuesOf(read.error, path) };
    const issues = unlessSame(`${path}.testnet`, read.data.testnet, base.testnet);
    return issues.length > 0
      ? { status: 'malformed', issues }
      : { status: 'built', path, network: changedOther(base, read.data) };
  }
  const read = EVM_ENTRY.safeParse(entry);
  if (!read.success) return { status: 'malformed', issues: issuesOf(read.error, path) };
  return base === undefined ? added(read.data, path) : changedEvm(base, read.data, path);
}

function added(entry: EvmEntry, path: string): Built {
  const { name, chainId, testnet, multicall3 } = entry;
  if (chainId === undefined || testnet === undefined) {
    const issues: Issue[] = [];
    if (chainId === undefined) issues.push({ path: `${path}.chainId`, message: 'is missing: the EVM chain id' });
    if (testnet === undefined) issues.push({ path: `${path}.testnet`, message: 'is missing: true or false' });
    return { status: 'malformed', issues };
  }
  const network = evmNetwork({
    name,
    chainId,
    testnet,
    label: entry.label ?? name,
    aliases: entry.aliases ?? [],
    publicRpc: entry.publicRpc ?? [],
    explorer: explorerOf(entry),
    blockMs: entry.blockMs ?? 2000,
    confirmation: entry.confirmation ?? 'included',
    native: entry.native ?? 'ETH',
    fees: entry.fees ?? 'eip1559',
    ...(multicall3 === undefined ? {} : { multicall3 }),
    tokens: (entry.tokens ?? []).map(evmToken),
  });
  return { status: 'built', path, network };
}

function changedEvm(base: EvmNetwork, entry: EvmEntry, path: string): Built {
  const issues = [
    ...unlessSame(`${path}.chainId`, entry.chainId, base.chainId),
    ...unlessSame(`${path}.testnet`, entry.testnet, base.testnet),
  ];
  if (issues.length > 0) return { status: 'malformed', issues };
  const network: EvmNetwork = {
    ...base,
    ...changes(base, entry),
    fees: entry.fees ?? base.fees,
    multicall3: entry.multicall3 ?? base.multicall3,
    tokens: [...base.tokens, ...(entry.tokens ?? []).map(evmToken)],
  };
  return { status: 'built', path, network };
}

function changedOther(base: Exclude<Network, EvmNetwork>, entry: OtherEntry): Network {
  const common = changes(base, entry);
  const own = entry.tokens ?? [];
  switch (base.family) {
    case 'svm': {
      const tokens = own.map(({ program = 'token', ...token }) => ({
        ...token,
        transfer: { method: 'spl', program } as const,
      }));
      return { ...base, ...common, tokens: [...base.tokens, ...tokens] };
    }
    case 'near': {
      const tokens = own.map(({ program: _, ...token }) => ({ ...token, transfer: { method: 'nep141' } as const }));
      return { ...base, ...common, tokens: [...base.tokens, ...tokens] };
    }
    case 'stellar': {
      const tokens = own.map(({ program: _, ...token }) => ({ ...token, transfer: { method: 'sep41' } as const }));
      return { ...base, ...common, tokens: [...base.tokens, ...tokens] };
    }
  }
}

/** What an operator may choose about any network. What it is — id, family, test or main — stays. */
function changes(base: Network, entry: EvmEntry | OtherEntry) {
  return {
    label: entry.label ?? base.label,
    aliases: [...base.aliases, ...(entry.aliases ?? [])],
    publicRpc: entry.publicRpc ?? base.publicRpc,
    explorer: explorerOf(entry) ?? base.explorer,
    blockMs: entry.blockMs ?? base.blockMs,
    confirmation: entry.confirmation ?? base.confirmation,
    native: entry.native ?? base.native,
  };
}

/** An own token's domain is the operator's word, and the contract's own answer decides where they differ. */
function evmToken({ domain, overloads = 'both', transferEvent = 'after', ...token }: OwnEvmToken): EvmToken {
  return {
    ...token,
    ...(domain === undefined ? {} : { domain }),
    domainVerified: false,
    transfer: { method: 'eip3009', overloads, transferEvent },
  };
}

function explorerOf({ explorer }: EvmEntry | OtherEntry) {
  return explorer === undefined ? undefined : etherscan(explorer.replace(/\/+$/, ''));
}

function unlessSame(path: string, stated: unknown, fact: number | boolean): readonly Issue[] {
  return stated === undefined || stated === fact ? [] : [{ path, message: `must be ${fact}, or left out` }];
}

function repeatedTokens({ path, network }: { readonly path: string; readonly network: Network }): readonly Issue[] {
  const seen = new Set<string>();
  return network.tokens.flatMap(({ address }) => {
    const key = addressKey(network, address);
    if (seen.has(key)) return [{ path: `${path}.tokens`, message: `names ${address} twice, or it is known already` }];
    seen.add(key);
    return [];
  });
}

/** Names, ids and aliases that an entry shares with another entry or with a known network. */
function claimedTwice(
  built: readonly { readonly path: string; readonly network: Network }[],
  known: readonly Network[],
): readonly Issue[] {
  const names = new Set(built.map(({ network }) => network.name));
  const others = known.filter(({ name }) => !names.has(name));
  const owners = [...others, ...built.map(({ network }) => network)];
  return clashes(owners).map(({ spelling, networks: [owner, claimant] }) => ({
    path: built.findLast(({ network }) => network.name === claimant)?.path ?? 'networks',
    message: `claims ${spelling}, which is ${owner}`,
  }));
}
