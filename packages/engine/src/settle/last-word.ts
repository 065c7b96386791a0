/** What a payment's caller is told when its end is in the journal. */
import type { Caip2 } from '@facilitator/protocol';
import { describeError } from '../describe-error.ts';
import type { Authorization } from '../ports/chain.ts';
import type { Conclusion, Journal } from '../ports/journal.ts';
import type { Meter } from '../ports/meter.ts';
import { failed, settled } from './answers.ts';
import type { Case } from './case.ts';
import { type Cases, pendingOf } from './cases.ts';
import type { Known } from './known.ts';

export type LastWordOptions<A extends Authorization> = {
  readonly network: Caip2;
  readonly journal: Pick<Journal, 'payment'>;
  readonly meter: Meter;
  readonly cases: Cases<A>;
  readonly known: Pick<Known<A>, 'answer'>;
};

/** `mine`: this process's write ended it. */
export type OnConcluded<A extends Authorization> = (kase: Case<A>, conclusion: Conclusion, mine: boolean) => void;

export function createLastWord<A extends Authorization>(options: LastWordOptions<A>): OnConcluded<A> {
  const { network, journal, meter, cases, known } = options;

  /** Whose success it is only the journal can decide. */
  async function askJournal(kase: Case<A>): Promise<void> {
    try {
      const record = await journal.payment(kase.authorization.anchor);
      cases.finish(kase, record === undefined ? pendingOf(kase) : await known.answer(record, kase));
    } catch (error) {
      meter.record({ type: 'fault', network, detail: `a payment's end could not be read: ${describeError(error)}` });
      cases.finish(kase, pendingOf(kase));
    }
  }

  return (kase, conclusion, mine) => {
    const { authorization } = kase;
    const { transaction } = conclusion;
    if (mine) {
      const outcome = conclusion.state === 'settled' ? 'settled' : conclusion.reason;
      meter.record({ type: 'payment.ended', network, payment: authorization.anchor, outcome, transaction });
    }
    // A retry that came while the end was being written: the write gave its success to nobody yet.
    const unclaimed = conclusion.state === 'settled' && !conclusion.delivered && kase.waiter !== undefined;
    if (!mine || unclaimed) void askJournal(kase);
    else if (conclusion.state === 'settled')
      cases.finish(kase, settled(authorization, transaction, conclusion.locator));
    else cases.finish(kase, failed(authorization, conclusion.reason, conclusion.message, transaction));
  };
}
