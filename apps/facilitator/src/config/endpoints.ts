/** The RPC endpoint of each network. */
import type { Caip2, Network, Networks } from '@facilitator/protocol';
import type { Problem } from './config.ts';
import { networkVariables } from './network-variables.ts';
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
  const { found, notices } = networkVariables(env, PREFIX, networks);
  const first = new Map<Caip2, (typeof found)[number]>();
  const problems: Problem[] = [];
  for (const each of found) {
    const { variable, value, network } = each;
    if (!isHttpUrl(value)) {
      const fix = `Set it to something like ${variable}=${network.publicRpc[0] ?? example}, or leave it out.`;
      problems.push({ variable, expected: `must be ${form}`, fix });
    }
    const earlier = first.get(network.caip2);
    if (earlier === undefined) first.set(network.caip2, each);
    else if (earlier.value !== value) {
      const expected = `${earlier.variable} means the same network and has another value`;
      problems.push({ variable, expected, fix: `Keep ${rpcVariable(network)} alone.` });
    }
  }
  return { urls: new Map([...first].map(([network, { value }]) => [network, value])), problems, notices };
}

/** The variable that the documentation names. */
export function rpcVariable(network: Network): string {
  return `${PREFIX}${network.env}`;
}

function isHttpUrl(text: string): boolean {
  return /^https?:$/.test(URL.parse(text)?.protocol ?? '');
}
