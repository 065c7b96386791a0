/** From the journal's open attempt to its watch here, with those of its payments that have not ended. */
import type { Tracker } from '../evidence/tracker.ts';
import type { Attempt, Authorization, Chain } from '../ports/chain.ts';
import type { PaymentRecord } from '../ports/journal.ts';
import type { Cases } from './cases.ts';
import { worthOf } from './lane.ts';
import type { Lanes } from './lanes.ts';
import { reopen } from './reopen.ts';

export type WatchAgainOptions<A extends Authorization> = {
  readonly chain: Chain<A>;
  readonly cases: Cases<A>;
  readonly lanes: Pick<Lanes, 'of'>;
  readonly tracker: Pick<Tracker<A>, 'send' | 'resume'>;
};

/** `prepared`: the journal's payments in that state, by id, those that it carries among them. */
export function watchAgain<A extends Authorization>(
  attempt: Attempt,
  prepared: ReadonlyMap<string, PaymentRecord>,
  options: WatchAgainOptions<A>,
): void {
  const { chain, cases, lanes, tracker } = options;
  const undecided = attempt.items.flatMap((id) => {
    const payment = prepared.get(id);
    const kase = payment && reopen(payment, options);
    if (kase !== undefined) cases.prepared(kase, payment?.transaction ?? '');
    return kase ?? [];
  });
  const worth = worthOf(
    chain,
    undecided.map(({ authorization }) => authorization),
  );
  lanes.of(attempt.signer)?.opened(attempt.nonce, worth);
  if (undecided.length > 0) tracker.send(attempt, undecided);
  else tracker.resume(attempt);
}

/** Those of the journal's unfinished payments that a transaction carries or carried, by id. */
export function preparedOf(payments: readonly PaymentRecord[]): ReadonlyMap<string, PaymentRecord> {
  return new Map(payments.filter(({ state }) => state === 'prepared').map((payment) => [payment.id, payment]));
}
