/** Finds the RPC endpoint of each network among the variables, under any of its names. */
import type { Caip2, Network, Networks } from '@facilitator/protocol';
import { closestMatch } from 'leven';
import type { Problem } from './config.ts';
import { NETWORK_VARIABLES } from './variables.ts';

const PREFIX = 'RPC_URL_';
const { form, example } = NETWORK_VARIABLES['RPC_URL_<NETWORK>'];

export type Endpoints = {
  readonly urls: ReadonlyMap<Caip2, string>;
  readonly problems: readonly Problem[];
  readonly notices: readonly string[];
};

/** `env` has no blank values. */
export function readEndpoints(env: ReadonlyMap<string, string>, networks: Networks): Endpoints {
  const owners = new Map(networks.all().flatMap((network) => variablesOf(network).map((name) => [name, network])));
  const urls = new Map<Caip2, string>();
  const from = new Map<Caip2, string>();
  const problems: Problem[] = [];
  const notices: string[] = [];
  for (const [variable, value] of env) {
    if (!variable.startsWith(PREFIX)) continue;
    const network = owners.get(variable);
    if (network === undefined) {
      notices.push(unknownName(variable, networks));
      continue;
    }
    const fix = `Set ${variable} to ${form}, for example ${network.publicRpc[0] ?? example}.`;
    if (!isHttpUrl(value)) problems.push({ variable, expected: `must be ${form}`, fix });
    const earlier = urls.get(network.caip2);
    if (earlier !== undefined && earlier !== value) {
      const expected = `${from.get(network.caip2)} is another name for it and has another value`;
      problems.push({ variable, expected, fix: `Keep ${rpcVariable(network)} alone.` });
    }
    urls.set(network.caip2, value);
    from.set(network.caip2, variable);
  }
  return { urls, problems, notices };
}

/** The variable that the documentation names. */
export function rpcVariable(network: Network): string {
  return `${PREFIX}${network.env}`;
}

/** Its own name, those of its aliases, and the spelling with _MAINNET that old examples used. */
function variablesOf(network: Network): readonly string[] {
  const aliases = network.aliases
    .filter((alias) => /^[a-z0-9-]+$/i.test(alias))
    .map((alias) => `${PREFIX}${alias.toUpperCase().replaceAll('-', '_')}`);
  const mainnet = network.testnet ? [] : [`${rpcVariable(network)}_MAINNET`];
  return [rpcVariable(network), ...mainnet, ...aliases];
}

function unknownName(variable: string, networks: Networks): string {
  const stem = variable.slice(PREFIX.length);
  const stems = networks.all().map(({ env }) => env);
  const near = closestMatch(stem, stems, { maxDistance: Math.max(1, Math.floor(stem.length / 4)) });
  const hint = near === undefined ? 'Add the network with CONFIG_FILE.' : `Did you mean ${PREFIX}${near}?`;
  return `${variable} names no network that is known here, so it is not used. ${hint}`;
}

function isHttpUrl(text: string): boolean {
  return /^https?:$/.test(URL.parse(text)?.protocol ?? '');
}
