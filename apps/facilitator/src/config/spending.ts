/** What each network may cost in a day, and what its keys must hold. */
import type { Caip2, Networks } from '@facilitator/protocol';
import { parseDecimal } from './ceilings.ts';
import type { Problem, SpendingPlan } from './config.ts';
import { networkVariables } from './network-variables.ts';
import { NETWORK_VARIABLES } from './variables.ts';

/** Of every native coin on EVM networks. */
const DIGITS = 18;

const MEANING = {
  GAS_BUDGET_: (perDay: bigint): SpendingPlan => ({ perDay }),
  CALLER_GAS_BUDGET_: (perCaller: bigint): SpendingPlan => ({ perCaller }),
  BALANCE_FLOOR_: (floor: bigint): SpendingPlan => ({ floor }),
} as const;

export type ReadSpending = {
  readonly spending: ReadonlyMap<Caip2, SpendingPlan>;
  readonly problems: readonly Problem[];
  readonly notices: readonly string[];
};

/** `env` has no blank values. */
export function readSpending(env: ReadonlyMap<string, string>, networks: Networks): ReadSpending {
  const spending = new Map<Caip2, SpendingPlan>();
  const problems: Problem[] = [];
  const notices: string[] = [];
  for (const prefix of ['GAS_BUDGET_', 'CALLER_GAS_BUDGET_', 'BALANCE_FLOOR_'] as const) {
    const variables = networkVariables(env, prefix, networks);
    notices.push(...variables.notices);
    for (const { variable, value, network } of variables.found) {
      const wei = parseDecimal(value, DIGITS);
      // A floor of nothing turns it off; a budget of nothing would only be a slow way to serve nothing.
      if (wei !== undefined && (wei > 0n || prefix === 'BALANCE_FLOOR_'))
        spending.set(network.caip2, { ...spending.get(network.caip2), ...MEANING[prefix](wei) });
      else {
        const { form, example, fallback } = NETWORK_VARIABLES[`${prefix}<NETWORK>`];
        const fix = `Set it to something like ${variable}=${example}, or leave it out (then: ${fallback}).`;
        problems.push({ variable, expected: `must be ${form}`, fix });
      }
    }
  }
  return { spending, problems, notices };
}
