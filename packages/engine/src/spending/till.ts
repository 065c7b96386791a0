/** What one network spends: its budget, its signers' purses, and what the journal remembers of both. */
import type { Spending } from '../engine.ts';
import { type Place, slotKey } from '../evidence/slot.ts';
import type { Attempt, Authorization } from '../ports/chain.ts';
import type { Cost, Journal } from '../ports/journal.ts';
import type { Case } from '../settle/case.ts';
import { type Budget, createBudget } from './budget.ts';
import { createPurses, type Purses, type PursesOptions } from './purses.ts';

export type TillOptions<A extends Authorization> = Omit<PursesOptions<A>, 'floor'> & {
  readonly journal: Pick<Journal, 'costs'>;
  readonly spending: Spending;
};

export type Till<A extends Authorization> = {
  readonly budget: Budget;
  readonly purses: Purses;
  /**
   * What the network spent in the last 24 hours by the journal, whoever wrote; for the budget's `recount`. Without the nonces in
   * `open`, which were without an outcome when they were read: their costs are heard when they are seen final, perhaps
   * again. Rejects when the journal cannot be read.
   */
  recall(open: readonly Place[]): Promise<readonly Cost[]>;
  /** A transaction is final. `share`: of each payment it carried; `undecided` are those of them that had not ended. */
  paid(attempt: Attempt, cost: bigint, share: bigint, undecided: readonly Case<A>[]): void;
};

/** Seconds. */
const DAY = 86_400n;

export function createTill<A extends Authorization>({ journal, spending, ...options }: TillOptions<A>): Till<A> {
  const { chain, clock } = options;
  const { network } = chain;
  const budget = createBudget(spending.budget ?? {}, clock);
  const purses = createPurses<A>({ ...options, floor: spending.floor });

  return {
    budget,
    purses,
    async recall(open) {
      const since = clock.now() - DAY;
      const later = new Set(open.map(slotKey));
      const known = await Promise.all(
        chain.signers.map(async (signer) => {
          const costs = await journal.costs({ network, signer }, since);
          return costs.filter(({ nonce }) => !later.has(slotKey({ signer, nonce })));
        }),
      );
      return known.flat();
    },
    paid({ signer }, cost, share, undecided) {
      budget.spent(cost, clock.now());
      purses.paid(signer, cost);
      for (const kase of undecided) kase.reservation?.spend(share);
    },
  };
}
