/** More callers than a block can hold payments: what limits, the chain or the facilitator, and what a full batch costs. */
import type { ContenderName } from '../facilitators/contender.ts';
import type { Setting } from '../result.ts';
import { type Case, ORDINARY } from './case.ts';
import { settleForSeconds } from './settle.ts';

const WAIT_SECONDS = 60;

export function saturationCase(
  wanted: Pick<Setting, 'callers' | 'gasLimit' | 'seconds'>,
  contenders: readonly ContenderName[],
): Case {
  const setting: Setting = { ...ORDINARY, ...wanted };
  const { callers, gasLimit } = setting;
  return {
    id: `saturation/${gasLimit}/${callers}`,
    group: 'saturation',
    title: `saturation, ${callers} callers, 1-second blocks of ${gasLimit / 1_000_000} million gas`,
    setting,
    contenders,
    async measure(surroundings) {
      const alone = await settleForSeconds(surroundings, { ...ORDINARY, blocks: 'instant', seconds: 0.5 }, false);
      const { figures, answers, calls } = await settleForSeconds(surroundings, setting, true, WAIT_SECONDS);
      const { gasPerPayment: loneGas = 0 } = alone.figures;
      return { figures: { ...figures, loneGas }, answers, calls };
    },
  };
}
