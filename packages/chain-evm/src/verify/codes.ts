/** Which payers are contracts, remembered for a short while: wallets get deployed, and EIP-7702 comes and goes. */
import type { Clock } from '@facilitator/engine';
import type { Hex } from '../hash/hex.ts';

export type Codes = {
  /** Undefined when it has to be asked. */
  hasCode(account: Hex): boolean | undefined;
  learn(account: Hex, hasCode: boolean): void;
};

const REMEMBER_CODE_MS = 300_000;
/** Shorter: whoever is told to deploy a wallet comes back soon. */
const REMEMBER_NONE_MS = 15_000;
const MOST = 4_096;

export function createCodes(clock: Clock): Codes {
  const known = new Map<Hex, { readonly hasCode: boolean; readonly until: number }>();
  return {
    hasCode(account) {
      const found = known.get(account);
      return found !== undefined && clock.milliseconds() < found.until ? found.hasCode : undefined;
    },
    learn(account, hasCode) {
      known.delete(account);
      known.set(account, { hasCode, until: clock.milliseconds() + (hasCode ? REMEMBER_CODE_MS : REMEMBER_NONE_MS) });
      const oldest = known.size > MOST ? known.keys().next().value : undefined;
      if (oldest !== undefined) known.delete(oldest);
    },
  };
}
