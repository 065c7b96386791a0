/** What one payment may cost the operator on each network, where the defaults do not fit. */
import type { Caip2, Networks } from '@facilitator/protocol';
import type { Ceilings, Problem } from './config.ts';
import { networkVariables } from './network-variables.ts';
import { NETWORK_VARIABLES } from './variables.ts';

const LEAST_GAS = 50_000n;
const MOST_GAS = 16_777_216n;
const GWEI_DIGITS = 9;

export type ReadCeilings = {
  readonly ceilings: ReadonlyMap<Caip2, Ceilings>;
  readonly problems: readonly Problem[];
  readonly notices: readonly string[];
};

/** `env` has no blank values. */
export function readCeilings(env: ReadonlyMap<string, string>, networks: Networks): ReadCeilings {
  const ceilings = new Map<Caip2, Ceilings>();
  const problems: Problem[] = [];
  const notices: string[] = [];

  function read(prefix: 'MAX_GAS_' | 'MAX_FEE_GWEI_', parse: (value: string) => Ceilings | undefined) {
    const variables = networkVariables(env, prefix, networks);
    notices.push(...variables.notices);
    for (const { variable, value, network } of variables.found) {
      const ceiling = parse(value);
      if (ceiling !== undefined) ceilings.set(network.caip2, { ...ceilings.get(network.caip2), ...ceiling });
      else {
        const { form, example, fallback } = NETWORK_VARIABLES[`${prefix}<NETWORK>`];
        const fix = `Set it to something like ${variable}=${example}, or leave it out (then: ${fallback}).`;
        problems.push({ variable, expected: `must be ${form}`, fix });
      }
    }
  }

  read('MAX_GAS_', (value) => {
    const gas = /^\d{1,12}$/.test(value) ? BigInt(value) : 0n;
    return gas >= LEAST_GAS && gas <= MOST_GAS ? { gas } : undefined;
  });
  read('MAX_FEE_GWEI_', (value) => {
    const wei = parseDecimal(value, GWEI_DIGITS);
    return wei !== undefined && wei > 0n ? { feePerGas: wei } : undefined;
  });
  return { ceilings, problems, notices };
}

/** Atomic units out of a decimal number with at most `digits` digits behind the point. */
export function parseDecimal(text: string, digits: number): bigint | undefined {
  const [, whole, fraction = ''] = /^(\d{1,9})(?:\.(\d+))?$/.exec(text) ?? [];
  if (whole === undefined || fraction.length > digits) return undefined;
  return BigInt(whole + fraction.padEnd(digits, '0'));
}
