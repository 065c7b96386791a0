/** Which payers are contracts, remembered for a short while: wallets get deployed, and EIP-7702 comes and goes. */
import type { Clock } from '@facilitator/engine';
import type { Hex } from '../hash/hex.ts';

export type Codes = {
  /** Undefined when it has to be asked. */
  hasCode(account: Hex): boolean | undefined;
  /** Whether a look not long ago found none. Long enough for a payment to wait its turn in a queue. */
  wasCodeless(account: Hex): boolean;
  /** Whether it is time to look, so that what is known does not run out while a payment waits. */
  isLookDue(account: Hex): boolean;
  learn(account: Hex, hasCode: boolean): void;
};

const REMEMBER_CODE_MS = 300_000;
/** Shorter: whoever is told to deploy a wallet comes back soon. */
const REMEMBER_NONE_MS = 15_000;
/** An account can get code at any time, so this is no promise. It bounds how long a mistake lasts. */
const CODELESS_MS = 120_000;
const MOST = 32_768;

export function createCodes(clock: Clock): Codes {
  const known = new Map<Hex, { readonly hasCode: boolean; readonly at: number }>();

  /** Whether it has code, by a look that is not older than it may be. */
  function lately(account: Hex, codeMs: number, noneMs: number): boolean | undefined {
    const found = known.get(account);
    if (found === undefined) return undefined;
    const age = clock.milliseconds() - found.at;
    return age < (found.hasCode ? codeMs : noneMs) ? found.hasCode : undefined;
  }

  return {
    hasCode: (account) => lately(account, REMEMBER_CODE_MS, REMEMBER_NONE_MS),
    wasCodeless: (account) => lately(account, REMEMBER_CODE_MS, CODELESS_MS) === false,
    isLookDue: (account) => lately(account, REMEMBER_CODE_MS, CODELESS_MS / 2) === undefined,
    learn(account, hasCode) {
      known.delete(account);
      known.set(account, { hasCode, at: clock.milliseconds() });
      const oldest = known.size > MOST ? known.keys().next().value : undefined;
      if (oldest !== undefined) known.delete(oldest);
    },
  };
}
