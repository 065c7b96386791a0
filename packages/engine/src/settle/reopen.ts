/** From the journal's record of a payment to its case here. */
import type { Authorization, Chain } from '../ports/chain.ts';
import type { PaymentRecord } from '../ports/journal.ts';
import { duplicate } from './answers.ts';
import { type Case, openCase } from './case.ts';
import type { Cases } from './cases.ts';
import { OTHER_TERMS } from './known.ts';

/** The case whose caller waits here for this very claim, or a new one in its place; `undefined` when it is final. */
export function reopen<A extends Authorization>(
  { id, authorization, fingerprint, key }: PaymentRecord,
  { chain, cases }: { readonly chain: Chain<A>; readonly cases: Cases<A> },
): Case<A> | undefined {
  if (authorization === undefined) return undefined;
  const known = cases.byAnchor.get(id);
  if (known !== undefined && known.phase !== 'claiming') {
    if (known.fingerprint === fingerprint) return known;
    cases.finish(known, duplicate(known.authorization, OTHER_TERMS));
  }
  // Whoever is only claiming it will be told by the journal that it is taken.
  const kase = openCase(chain.recall(authorization), fingerprint, { key });
  cases.byAnchor.set(id, kase);
  return kase;
}
