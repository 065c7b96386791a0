/** Variables that exist once per network: which network a name means. */
import type { Network, Networks } from '@facilitator/protocol';
import { closestMatch } from 'leven';

type NetworkVariable = {
  readonly variable: string;
  readonly value: string;
  readonly network: Network;
};

export type NetworkVariables = {
  readonly found: readonly NetworkVariable[];
  /** About names that mean no network. */
  readonly notices: readonly string[];
};

/** All variables that start with `prefix`. `env` has no blank values. */
export function networkVariables(
  env: ReadonlyMap<string, string>,
  prefix: string,
  networks: Networks,
): NetworkVariables {
  const owners = new Map(networks.all().flatMap((network) => stemsOf(network).map((stem) => [stem, network] as const)));
  const found: NetworkVariable[] = [];
  const notices: string[] = [];
  for (const [variable, value] of env) {
    if (!variable.startsWith(prefix)) continue;
    const stem = variable.slice(prefix.length);
    const network = owners.get(stem);
    if (network !== undefined) found.push({ variable, value, network });
    else
      notices.push(
        `${variable} names no network that is known here, so it is not used. ${hint(prefix, stem, networks)}`,
      );
  }
  return { found, notices };
}

/** The network's own name, those of its aliases, and the spelling with _MAINNET that old examples used. */
function stemsOf(network: Network): readonly string[] {
  const aliases = network.aliases
    .filter((alias) => /^[a-z0-9-]+$/i.test(alias))
    .map((alias) => alias.toUpperCase().replaceAll('-', '_'));
  return [network.env, ...(network.testnet ? [] : [`${network.env}_MAINNET`]), ...aliases];
}

function hint(prefix: string, stem: string, networks: Networks): string {
  const stems = networks.all().map(({ env }) => env);
  // Every four letters may hide one slip: more, and unrelated names look alike.
  const near = closestMatch(stem, stems, { maxDistance: Math.max(1, Math.floor(stem.length / 4)) });
  return near === undefined ? 'Add the network with CONFIG_FILE.' : `Did you mean ${prefix}${near}?`;
}
