/** The RPC endpoints of each network, and how much each may be asked. */
import type { RpcEndpoint } from '@facilitator/chain-evm';
import type { Caip2, Network, Networks } from '@facilitator/protocol';
import type { Problem } from './config.ts';
import { escapeProblem, isDecodable } from './escapes.ts';
import { networkVariables } from './network-variables.ts';
import { NETWORK_VARIABLES } from './variables.ts';

const URLS = 'RPC_URL_';
const RATES = 'RPC_CALLS_PER_SECOND_';
const MOST_CALLS = 1_000_000;

export type Endpoints = {
  readonly urls: ReadonlyMap<Caip2, readonly RpcEndpoint[]>;
  readonly problems: readonly Problem[];
  readonly notices: readonly string[];
};

type Said<T> = {
  readonly variable: string;
  readonly value: string;
  readonly network: Network;
  readonly items: readonly T[];
};

/** `env` has no blank values. */
export function readEndpoints(env: ReadonlyMap<string, string>, networks: Networks): Endpoints {
  const problems: Problem[] = [];
  const notices: string[] = [];

  function read<T>(prefix: typeof URLS | typeof RATES, parse: (text: string) => T | undefined): Map<Caip2, Said<T>> {
    const variables = networkVariables(env, prefix, networks);
    notices.push(...variables.notices);
    const said = new Map<Caip2, Said<T>>();
    for (const { variable, value, network } of variables.found) {
      const parts = value.split(',').flatMap((part) => part.trim() || []);
      const items = parts.flatMap((part) => parse(part) ?? []);
      const isWhole = items.length > 0 && items.length === parts.length;
      if (!isWhole) problems.push(malformed(prefix, variable, network));
      else if (prefix === URLS && !parts.every(hasReadableLogin)) problems.push(escapeProblem(variable));
      const earlier = said.get(network.caip2);
      if (earlier === undefined) said.set(network.caip2, { variable, value, network, items: isWhole ? items : [] });
      else if (earlier.value !== value) {
        const expected = `${earlier.variable} means the same network and has another value`;
        problems.push({ variable, expected, fix: `Keep ${prefix}${network.env} alone.` });
      }
    }
    return said;
  }

  const addresses = read(URLS, httpUrl);
  const rates = read(RATES, callsPerSecond);
  for (const [network, { variable, items }] of rates) {
    const count = addresses.get(network)?.items.length;
    if (count === undefined) notices.push(`${variable} is set, and no ${URLS} of that network is, so it is not used.`);
    else if (items.length > 1 && items.length !== count) {
      const expected = `there are ${count} addresses and ${items.length} numbers; must be one number for all, or one for each`;
      problems.push({
        variable,
        expected,
        fix: `Name as many numbers as ${URLS}${addresses.get(network)?.network.env} has addresses.`,
      });
    }
  }
  const urls = new Map(
    [...addresses].map(([network, { items }]) => {
      const limits = rates.get(network)?.items ?? [];
      return [network, items.map((url, index) => ({ url, callsPerSecond: limits[index] ?? limits[0] }))] as const;
    }),
  );
  return { urls, problems, notices };
}

/** The variable that the documentation names. */
export function rpcVariable(network: Network): string {
  return `${URLS}${network.env}`;
}

function malformed(prefix: typeof URLS | typeof RATES, variable: string, network: Network): Problem {
  const { form, example } = NETWORK_VARIABLES[`${prefix}<NETWORK>`];
  const like = prefix === URLS ? (network.publicRpc[0] ?? example) : example;
  return {
    variable,
    expected: `must be ${form}`,
    fix: `Set it to something like ${variable}=${like}, or leave it out.`,
  };
}

function httpUrl(text: string): string | undefined {
  return /^https?:$/.test(URL.parse(text)?.protocol ?? '') ? text : undefined;
}

/** Credentials of an address are sent decoded. */
function hasReadableLogin(text: string): boolean {
  const url = URL.parse(text);
  return url === null || isDecodable(`${url.username}:${url.password}`);
}

function callsPerSecond(text: string): number | undefined {
  const calls = /^\d{1,7}$/.test(text) ? Number(text) : 0;
  return calls >= 1 && calls <= MOST_CALLS ? calls : undefined;
}
