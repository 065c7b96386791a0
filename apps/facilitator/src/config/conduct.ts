/** How each network is to be served, where it differs from the rule for all. */
import { type Batching, type Caip2, isBatching, type Networks } from '@facilitator/protocol';
import type { Conduct, Problem } from './config.ts';
import { networkVariables } from './network-variables.ts';
import { NETWORK_VARIABLES } from './variables.ts';

const DEEPEST = 10_000;

export type ReadConduct = {
  readonly conduct: ReadonlyMap<Caip2, Conduct>;
  readonly problems: readonly Problem[];
  readonly notices: readonly string[];
};

/** `env` has no blank values. `batching`: the rule for all networks. */
export function readConduct(
  env: ReadonlyMap<string, string>,
  networks: Networks,
  batching: Batching | undefined,
): ReadConduct {
  const forAll: Conduct = batching === undefined ? {} : { batching };
  const conduct = new Map<Caip2, Conduct>(networks.all().map(({ caip2 }) => [caip2, forAll]));
  const problems: Problem[] = [];
  const notices: string[] = [];

  function read(prefix: 'BATCHING_' | 'REORG_DEPTH_', parse: (value: string) => Conduct | undefined): void {
    const variables = networkVariables(env, prefix, networks);
    notices.push(...variables.notices);
    for (const { variable, value, network } of variables.found) {
      const own = parse(value);
      if (own !== undefined) {
        conduct.set(network.caip2, { ...conduct.get(network.caip2), ...own });
        continue;
      }
      const { form, example, fallback } = NETWORK_VARIABLES[`${prefix}<NETWORK>`];
      const fix = `Set it to something like ${variable}=${example}, or leave it out (then: ${fallback}).`;
      problems.push({ variable, expected: `must be ${form}`, fix });
    }
  }

  read('BATCHING_', (value) => (isBatching(value) ? { batching: value } : undefined));
  read('REORG_DEPTH_', (value) => {
    const blocks = /^\d{1,6}$/.test(value) ? Number(value) : Number.NaN;
    return blocks <= DEEPEST ? { reorgDepth: blocks } : undefined;
  });
  return { conduct, problems, notices };
}
