/** How the cost of a payment grows with the number in flight and with the number of keys. */
import type { Setting } from '../result.ts';
import { type Case, ORDINARY } from './case.ts';
import { settleForSeconds } from './settle.ts';

const WAIT_SECONDS = 60;
/** The chain shall not be what limits. */
const GAS_LIMIT = 300_000_000;

export function growthCase(wanted: Pick<Setting, 'callers' | 'keys' | 'seconds'>): Case {
  const setting: Setting = { ...ORDINARY, gasLimit: GAS_LIMIT, ...wanted };
  const { callers, keys } = setting;
  return {
    id: `growth/${keys}/${callers}`,
    group: 'growth',
    title: `${callers} in flight, ${keys} ${keys === 1 ? 'key' : 'keys'}, 1-second blocks of 300 million gas`,
    setting,
    contenders: ['ours'],
    async measure(surroundings) {
      const { figures, answers, calls } = await settleForSeconds(surroundings, setting, true, WAIT_SECONDS);
      return { figures, answers, calls };
    },
  };
}
