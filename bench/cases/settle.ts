/** POST /settle in a closed loop of different payments. */
import type { Setting } from '../result.ts';
import { type Case, ORDINARY, openStageFor, type Surroundings } from './case.ts';
import { connect } from './observe-load.ts';
import { observeSettlements, type Settlements } from './observe-settlements.ts';
import { WARM_UP_PAYMENTS, warmUp } from './warm-up.ts';

/** More than any facilitator settles per second here. */
const MOST_PER_SECOND = 2_000;
const WAIT_SECONDS = 20;

export function settleCase(wanted: Pick<Setting, 'callers' | 'blocks' | 'delayMs' | 'seconds'>): Case {
  const setting: Setting = { ...ORDINARY, ...wanted };
  const { callers, blocks, delayMs, seconds } = setting;
  const mining = blocks === 'instant' ? 'instant mining' : '1-second blocks';
  return {
    id: `settle/${blocks}/${delayMs}ms/${callers}`,
    group: 'settle',
    title: `settle, ${mining}, ${callers} callers${delayMs > 0 ? `, chain calls +${delayMs} ms` : ''}`,
    setting,
    contenders: delayMs > 0 ? ['ours', 'reference-nonces'] : ['ours', 'reference', 'reference-nonces'],
    async measure(surroundings) {
      if (delayMs > 0) return settleForSeconds(surroundings, setting, true);
      const timed = await settleForSeconds(surroundings, setting, false);
      const { figures, calls } = await settleForSeconds(surroundings, { ...setting, seconds: seconds / 2 }, true);
      const { callsPerPayment = 0 } = figures;
      return { ...timed, figures: { ...timed.figures, callsPerPayment }, calls };
    },
  };
}

/** A closed loop for `seconds`, then as long as the last answers take. */
export async function settleForSeconds(
  surroundings: Surroundings,
  setting: Setting,
  counted: boolean,
  waitSeconds = WAIT_SECONDS,
): Promise<Settlements> {
  const { crowd, signal } = surroundings;
  const { callers, seconds } = setting;
  const payments = crowd.payments(Math.ceil(WARM_UP_PAYMENTS + callers * 2 + seconds * MOST_PER_SECOND));
  await using stage = await openStageFor(surroundings, setting, counted);
  await using connections = await connect(stage, callers, waitSeconds);
  await warmUp(connections, payments, 1, signal);
  return await observeSettlements(stage, crowd.amount, {
    connections,
    payments: payments.slice(WARM_UP_PAYMENTS),
    forMs: seconds * 1_000,
    waitSeconds,
    signal,
  });
}
