/** What one network spends: its budget, its signers' purses, and what the journal remembers of both. */
import type { Spending } from '../engine.ts';
import type { Attempt, Authorization } from '../ports/chain.ts';
import type { Journal } from '../ports/journal.ts';
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
   * Learns from the journal what was spent before this process, where a limit is held against it. Once; rejects when the
   * journal cannot be read.
   */
  recall(): Promise<void>;
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
  let recalled = spending.budget?.perDay === undefined;

  return {
    budget,
    purses,
    async recall() {
      if (recalled) return;
      const since = clock.now() - DAY;
      const known = await Promise.all(chain.signers.map((signer) => journal.costs({ network, signer }, since)));
      for (const { cost, at } of known.flat()) budget.spent(cost, at);
      recalled = true;
    },
    paid({ signer }, cost, share, undecided) {
      budget.spent(cost, clock.now());
      purses.paid(signer, cost);
      for (const kase of undecided) kase.reservation?.spend(share);
    },
  };
}
