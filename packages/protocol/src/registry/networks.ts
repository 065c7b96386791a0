/** Finds a network by any spelling, and a token on it. */
import { KNOWN_NETWORKS } from './known.ts';
import type { Network, Token } from './network.ts';

export type Networks = {
  /**
   * The network of a CAIP-2 id, a v1 name or an alias. CAIP-2 is compared exactly, because references such as Solana's
   * are case-sensitive; names without a colon in any case.
   */
  resolve(spelling: string): Network | undefined;
  /** Every network, in the order they were given. */
  all(): readonly Network[];
  /** The token at an address, which EVM networks compare in any case. Undefined when the registry does not know it. */
  token(network: Network, address: string): Token | undefined;
};

/** Two entries that claim one spelling or one address. */
export type Clash = { readonly spelling: string; readonly networks: readonly [string, string] };

/** Everything a network answers to, as `resolve` looks it up. */
function spellings(network: Network): readonly string[] {
  return [network.caip2, network.name, ...network.aliases].map(key);
}

function key(spelling: string): string {
  return spelling.includes(':') ? spelling : spelling.toLowerCase();
}

/** The form in which the network compares addresses. */
export function addressKey(network: Pick<Network, 'family'>, address: string): string {
  return network.family === 'evm' ? address.toLowerCase() : address;
}

/** Spellings that more than one entry claims. Empty for a usable list. */
export function clashes(networks: readonly Network[]): readonly Clash[] {
  const owners = new Map<string, Network>();
  const found: Clash[] = [];
  for (const network of networks) {
    for (const spelling of new Set(spellings(network))) {
      const owner = owners.get(spelling);
      if (owner === undefined) owners.set(spelling, network);
      else found.push({ spelling, networks: [owner.name, network.name] });
    }
  }
  return found;
}

/**
 * The registry: the networks known here, and `own` beside them. An own network with the CAIP-2 id of a known one takes
 * its place. Throws when two entries claim one spelling: lists from outside go through `extendNetworks`, which reports it.
 */
export function createNetworks(own: readonly Network[] = []): Networks {
  const replaced = new Map(own.map((network) => [network.caip2, network]));
  const kept = KNOWN_NETWORKS.map((network) => replaced.get(network.caip2) ?? network);
  const known = new Set(kept);
  return index([...kept, ...own.filter((network) => !known.has(network))]);
}

function index(networks: readonly Network[]): Networks {
  const [clash] = clashes(networks);
  if (clash) throw new Error(`${clash.networks.join(' and ')} both claim ${clash.spelling}`);
  const bySpelling = new Map<string, Network>();
  const tokens = new Map<string, ReadonlyMap<string, Token>>();
  for (const network of networks) {
    for (const spelling of spellings(network)) bySpelling.set(spelling, network);
    tokens.set(
      network.caip2,
      new Map(network.tokens.map((token) => [addressKey(network, token.address), token] as const)),
    );
  }
  return {
    resolve: (spelling) => bySpelling.get(spelling) ?? bySpelling.get(key(spelling)),
    all: () => networks,
    token: (network, address) => tokens.get(network.caip2)?.get(addressKey(network, address)),
  };
}
