/** Good payments among replays of paid ones: every good one must be settled, no replay may succeed or cost anything. */
import type { Setting } from '../result.ts';
import { type Case, ORDINARY, openStageFor } from './case.ts';
import { connect } from './observe-load.ts';
import { observeSettlements } from './observe-settlements.ts';
import { WARM_UP_PAYMENTS, warmUp } from './warm-up.ts';

const WAIT_SECONDS = 20;
const CALLERS = 32;

export function mixedCase(each: number): Case {
  const setting: Setting = { ...ORDINARY, callers: CALLERS };
  return {
    id: `mixed/${each}`,
    group: 'mixed',
    title: `${each} good payments among ${each} replays, 1-second blocks, ${CALLERS} callers`,
    setting,
    contenders: ['ours', 'reference', 'reference-nonces'],
    async measure(surroundings) {
      const { crowd, signal } = surroundings;
      const payments = crowd.payments(WARM_UP_PAYMENTS + each);
      // One after the other and with a block for each: so all of them pay these first ones.
      await using stage = await openStageFor(surroundings, { ...setting, blocks: 'instant' }, false);
      await using connections = await connect(stage, CALLERS, WAIT_SECONDS);
      await warmUp(connections, payments, each, signal);
      await stage.anvil.pauseMining();
      await stage.anvil.rpc('evm_setIntervalMining', [1]);
      const good = payments.slice(WARM_UP_PAYMENTS);
      const traffic = good.flatMap((payment, index) => [payment, payments[index] ?? payment]);
      const { figures, ...rest } = await observeSettlements(stage, crowd.amount, {
        connections,
        payments: traffic,
        waitSeconds: WAIT_SECONDS,
        signal,
      });
      return { ...rest, figures: { ...figures, payments: good.length } };
    },
  };
}
