/** Many different payments at the same moment, one key. */
import type { Setting } from '../result.ts';
import { type Case, ORDINARY, openStageFor } from './case.ts';
import { connect } from './observe-load.ts';
import { observeSettlements } from './observe-settlements.ts';
import { WARM_UP_PAYMENTS, warmUp } from './warm-up.ts';

const WAIT_SECONDS = 60;

export function burstCase(callers: number): Case {
  const setting: Setting = { ...ORDINARY, callers };
  return {
    id: `burst/${callers}`,
    group: 'burst',
    title: `${callers} different payments at once, 1-second blocks`,
    setting,
    contenders: ['ours', 'reference', 'reference-nonces'],
    async measure(surroundings) {
      const { crowd, signal } = surroundings;
      const payments = crowd.payments(WARM_UP_PAYMENTS + callers);
      await using stage = await openStageFor(surroundings, setting, true);
      await using connections = await connect(stage, callers, WAIT_SECONDS);
      await warmUp({ ...connections, clients: connections.clients.slice(0, 32) }, payments, 1, signal);
      return await observeSettlements(stage, crowd.amount, {
        connections,
        payments: payments.slice(WARM_UP_PAYMENTS),
        waitSeconds: WAIT_SECONDS,
        signal,
      });
    },
  };
}
