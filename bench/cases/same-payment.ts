/** One payment posted many times at once: one transaction, none that reverts, one success. */
import type { Setting } from '../result.ts';
import { type Case, ORDINARY, openStageFor } from './case.ts';
import { connect } from './observe-load.ts';
import { observeSettlements } from './observe-settlements.ts';
import { WARM_UP_PAYMENTS, warmUp } from './warm-up.ts';

const WAIT_SECONDS = 20;

export function samePaymentCase(callers: number): Case {
  const setting: Setting = { ...ORDINARY, callers };
  return {
    id: `same/${callers}`,
    group: 'same',
    title: `one payment posted ${callers} times at once`,
    setting,
    contenders: ['ours', 'reference', 'reference-nonces'],
    async measure(surroundings) {
      const { crowd, signal } = surroundings;
      const payments = crowd.payments(WARM_UP_PAYMENTS + 1);
      await using stage = await openStageFor(surroundings, setting, false);
      await using connections = await connect(stage, callers, WAIT_SECONDS);
      await warmUp(connections, payments, 1, signal);
      const [payment] = payments.slice(WARM_UP_PAYMENTS);
      if (payment === undefined) throw new Error('there is no payment to post');
      return await observeSettlements(stage, crowd.amount, {
        connections,
        payments: Array.from({ length: callers }, () => payment),
        waitSeconds: WAIT_SECONDS,
        signal,
      });
    },
  };
}
