/** Before the first new payment is carried, everything the journal holds open is watched again. */
import type { Tracker } from './evidence/tracker.ts';
import type { Authorization, Chain } from './ports/chain.ts';
import type { Journal } from './ports/journal.ts';
import type { Meter } from './ports/meter.ts';
import type { Case } from './settle/case.ts';
import type { Cases } from './settle/cases.ts';
import type { Lanes } from './settle/lanes.ts';
import { reopen } from './settle/reopen.ts';
import { preparedOf, watchAgain } from './settle/watch-again.ts';
import type { Till } from './spending/till.ts';

export type RecoverOptions<A extends Authorization> = {
  readonly chain: Chain<A>;
  readonly journal: Journal;
  readonly meter: Meter;
  readonly cases: Cases<A>;
  readonly lanes: Lanes;
  readonly tracker: Tracker<A>;
  /** Another process had verified it, and nothing is signed. */
  readonly onHandedOver: (kase: Case<A>) => void;
  readonly till: { readonly recall: Till<A>['recall']; readonly budget: Pick<Till<A>['budget'], 'recount'> };
  /** False once this process does not write any more: nothing is watched then. */
  readonly current: () => boolean;
};

/**
 * Claims of processes that are gone are released: nothing was sent for them. Payments that were handed over are queued. Signed
 * bytes are handed to the network again, lowest nonce first; the network knows them already or it does not, both are
 * fine. Rejects before it changes anything in this process when the journal cannot be read, so that it can be repeated.
 */
export async function recover<A extends Authorization>(options: RecoverOptions<A>): Promise<void> {
  const { chain, journal, cases, tracker } = options;
  const { payments, attempts } = await journal.unfinished(chain.network);
  // Read after what is open, so that whatever gets its outcome in between is left out there and not here.
  const costs = await options.till.recall(attempts);
  const claims = payments.filter((payment) => payment.state === 'claimed');
  // They may have been claimed anew since they were read, also here.
  await Promise.all(claims.map((claim) => journal.release(claim.id, 'abandoned')));
  if (!options.current()) return;
  options.till.budget.recount(costs);

  const carried = new Set(attempts.flatMap((attempt) => attempt.items));
  const prepared = preparedOf(payments);
  for (const attempt of attempts) watchAgain(attempt, prepared, options);
  for (const payment of prepared.values()) {
    const orphan = carried.has(payment.id) ? undefined : reopen(payment, options);
    if (orphan === undefined) continue;
    cases.prepared(orphan, payment.transaction ?? '');
    tracker.adopt(orphan);
  }
  for (const payment of payments) {
    const handedOver = payment.state === 'queued' ? reopen(payment, options) : undefined;
    if (handedOver !== undefined) options.onHandedOver(handedOver);
  }
  if (payments.length > 0 || attempts.length > 0) await tracker.tick();
  options.meter.record({
    type: 'recovered',
    network: chain.network,
    payments: payments.length - claims.length,
    released: claims.length,
  });
}
