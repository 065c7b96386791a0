/** Payments that make their payer's account: of each payer one at a time. */
import type { Settlement } from '../engine.ts';
import type { Authorization, Chain } from '../ports/chain.ts';
import { notSent } from './answers.ts';
import type { Case } from './case.ts';
import type { Cases } from './cases.ts';

/** Phases in which a payment will be sent, or was. */
const ON_ITS_WAY: ReadonlySet<Case<Authorization>['phase']> = new Set(['queued', 'signing', 'prepared']);
/** Blocks until a transaction is usually in one. */
const TURN_BLOCKS = 1.5;
const WHY = 'An earlier payment is making the payer’s account on chain, and this one goes another way after it.';

/**
 * The answer to a payment that would make an account again which another one on its way makes: it has to be judged anew after
 * that. `undefined` for all others, and for what was on the network once.
 */
export function waitsForDeployment<A extends Authorization>(
  { authorization, transaction }: Case<A>,
  {
    chain,
    cases,
  }: { readonly chain: Pick<Chain<A>, 'deploys' | 'blockMs'>; readonly cases: Pick<Cases<A>, 'byAnchor'> },
): Settlement | undefined {
  if (transaction !== '' || !chain.deploys(authorization)) return undefined;
  const { anchor, payer } = authorization;
  for (const { phase, authorization: other } of cases.byAnchor.values()) {
    if (other.payer !== payer || other.anchor === anchor || !ON_ITS_WAY.has(phase) || !chain.deploys(other)) continue;
    return notSent(WHY, Math.ceil((chain.blockMs * TURN_BLOCKS) / 1000));
  }
  return undefined;
}
