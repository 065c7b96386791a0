/** At start: everything the journal holds open is watched again before the first new payment is taken. */
import type { Tracker } from './evidence/tracker.ts';
import type { Authorization, Chain } from './ports/chain.ts';
import type { Journal } from './ports/journal.ts';
import type { Meter } from './ports/meter.ts';
import { openCase } from './settle/case.ts';
import type { Cases } from './settle/cases.ts';
import type { Lane } from './settle/lane.ts';

export type RecoverOptions<A extends Authorization> = {
  readonly chain: Chain<A>;
  readonly journal: Journal;
  readonly meter: Meter;
  readonly cases: Cases<A>;
  readonly lanes: readonly Lane[];
  readonly tracker: Tracker<A>;
};

/**
 * Claims that were never signed are released: nothing was sent for them. Signed bytes are handed to the network again,
 * lowest nonce first; the network knows them already or it does not, both are fine. Rejects before it changes anything in
 * this process when the journal cannot be read, so that it can be repeated.
 */
export async function recover<A extends Authorization>(options: RecoverOptions<A>): Promise<void> {
  const { chain, journal, cases, lanes, tracker } = options;
  const { payments, attempts } = await journal.unfinished(chain.network);
  const claims = payments.filter((payment) => payment.state === 'claimed');
  await Promise.all(claims.map((claim) => journal.release(claim.id)));

  for (const payment of payments) {
    if (payment.state !== 'prepared' || payment.authorization === undefined) continue;
    const kase = openCase(chain.recall(payment.authorization), payment.fingerprint, payment.key);
    cases.byAnchor.set(payment.id, kase);
    cases.prepared(kase, payment.transaction ?? '');
  }
  const orphans = new Map(cases.byAnchor);
  for (const attempt of attempts) {
    const undecided = attempt.items.flatMap((id) => cases.byAnchor.get(id) ?? []);
    for (const kase of undecided) orphans.delete(kase.authorization.anchor);
    lanes.find((lane) => lane.signer === attempt.signer)?.opened(attempt.nonce);
    tracker.send(attempt, undecided);
  }
  for (const orphan of orphans.values()) tracker.adopt(orphan);
  if (payments.length > 0) await tracker.tick();
  options.meter.record({
    type: 'recovered',
    network: chain.network,
    payments: payments.length - claims.length,
    released: claims.length,
  });
}
