/** What stops payments of one kind before they cost anything, while all others go on. */
import type { Caip2 } from '@facilitator/protocol';
import type { Settlement } from '../engine.ts';
import type { Authorization, Verdict } from '../ports/chain.ts';
import type { Clock } from '../ports/clock.ts';
import type { Meter } from '../ports/meter.ts';
import { failed, unavailable } from '../settle/answers.ts';
import { createFuses } from './fuses.ts';
import { createStrikes } from './strikes.ts';

export type BreakersOptions = {
  readonly network: Caip2;
  readonly clock: Pick<Clock, 'milliseconds'>;
  readonly meter: Meter;
};

/** How many are open. */
export type BreakersView = { readonly asset: number; readonly payee: number; readonly payer: number };

export type Breakers = {
  /** What a look at the chain said of a payment. */
  learn(authorization: Authorization, verdict: Verdict): void;
  /** Its transaction was mined at our cost and did not pay it. */
  wasted(authorization: Authorization): void;
  /** Why a payment that was just presented is not taken; undefined takes it, sometimes to see whether the trouble is over. */
  admit(authorization: Authorization): Settlement | undefined;
  /** Why a payment that waits is not sent any more; undefined sends it. */
  refuse(authorization: Authorization): Settlement | undefined;
  view(): BreakersView;
};

export function createBreakers({ network, clock, meter }: BreakersOptions): Breakers {
  const opened = (what: keyof BreakersView, which: string, detail: string) =>
    meter.record({ type: 'breaker.opened', network, what, which, detail });
  const closed = (what: keyof BreakersView, which: string) =>
    meter.record({ type: 'breaker.closed', network, what, which });
  const fuses = createFuses({ clock, onBlown: opened, onMended: closed });
  const strikes = createStrikes({
    clock,
    onOut: (payer, why) => opened('payer', payer, why),
    onBack: (payer) => closed('payer', payer),
  });

  function struckOut({ payer }: Authorization): Settlement | undefined {
    const out = strikes.out(payer);
    return out && unavailable(out.message, out.retryAfter);
  }

  return {
    learn: fuses.learn,
    wasted(authorization) {
      // Of a paused token and of a blocked payee the payer need not have known.
      if (fuses.blown(authorization) === undefined) strikes.add(authorization.payer);
    },
    admit(authorization) {
      const refusal = fuses.admit(authorization);
      if (refusal === undefined) return struckOut(authorization);
      return failed(authorization, refusal.reason, refusal.message, '');
    },
    refuse(authorization) {
      const refusal = fuses.blown(authorization);
      if (refusal === undefined) return struckOut(authorization);
      return failed(authorization, refusal.reason, refusal.message, '');
    },
    view: () => ({ asset: fuses.count('asset'), payee: fuses.count('payee'), payer: strikes.count() }),
  };
}
