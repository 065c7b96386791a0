/** POST /verify in a closed loop. */
import type { Setting } from '../result.ts';
import { type Case, type Measured, ORDINARY, openStageFor, type Surroundings } from './case.ts';
import { connect, observeLoad } from './observe-load.ts';
import { WARM_UP_PAYMENTS, warmUp } from './warm-up.ts';

/** Verifying leaves nothing behind: when all were sent, the first comes again. */
const PAYMENTS = 20_000;
const WAIT_SECONDS = 30;

export function verifyCase(wanted: Pick<Setting, 'callers' | 'delayMs' | 'seconds'>): Case {
  const setting: Setting = { ...ORDINARY, blocks: 'instant', ...wanted };
  const { callers, delayMs, seconds } = setting;
  return {
    id: `verify/${delayMs}ms/${callers}`,
    group: 'verify',
    title: `verify, ${callers} callers${delayMs > 0 ? `, chain calls +${delayMs} ms` : ''}`,
    setting,
    contenders: ['ours', 'reference'],
    async measure(surroundings) {
      if (delayMs > 0) return measure(surroundings, setting, true);
      // Straight to the chain for time, then through the proxy for calls: counting would slow the one with more calls.
      const timed = await measure(surroundings, setting, false);
      const { figures, calls } = await measure(surroundings, { ...setting, seconds: seconds / 2 }, true);
      const { callsPerPayment = 0 } = figures;
      return { ...timed, figures: { ...timed.figures, callsPerPayment }, calls };
    },
  };
}

async function measure(surroundings: Surroundings, setting: Setting, counted: boolean): Promise<Measured> {
  const { crowd, signal } = surroundings;
  const payments = crowd.payments(PAYMENTS);
  await using stage = await openStageFor(surroundings, setting, counted);
  await using connections = await connect(stage, setting.callers, WAIT_SECONDS);
  await warmUp(connections, payments, 0, signal);
  const { figures, answers, calls, cpuMs } = await observeLoad(stage, {
    connections,
    path: '/verify',
    payments: payments.slice(WARM_UP_PAYMENTS),
    forMs: setting.seconds * 1_000,
    repeat: true,
    waitSeconds: WAIT_SECONDS,
    signal,
  });
  return { figures: { ...figures, cpuMsPerPayment: cpuMs / Math.max(figures.sent ?? 0, 1) }, answers, calls };
}
