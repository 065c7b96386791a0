/** One suite, two stores: whatever holds for one journal holds for the other. */
import { afterAll, beforeAll, describe } from 'vitest';
import { describeAttempts } from '../tests/attempts.ts';
import { describeClaims } from '../tests/claims.ts';
import { describeConstraints } from '../tests/constraints.ts';
import { describeCosts } from '../tests/costs.ts';
import { describeDurability } from '../tests/durability.ts';
import { describeEndings } from '../tests/endings.ts';
import { describeGrouping } from '../tests/grouping.ts';
import { describeHistories } from '../tests/histories.ts';
import { describeLifecycle } from '../tests/lifecycle.ts';
import { describeLostCommit } from '../tests/lost-commit.ts';
import { describeNews } from '../tests/news.ts';
import { describeOwners } from '../tests/owners.ts';
import { describePlans } from '../tests/plans.ts';
import { describePruning } from '../tests/pruning.ts';
import { describeRaces } from '../tests/races.ts';
import { describeReplacements } from '../tests/replacements.ts';
import { describeRights } from '../tests/rights.ts';
import { postgres, sqlite } from '../tests/store-under-test.ts';

for (const store of [sqlite, postgres()])
  describe(store.name, () => {
    beforeAll(() => store.start());
    afterAll(() => store.stop());
    describeClaims(store);
    describeAttempts(store);
    describeReplacements(store);
    describeEndings(store);
    describePruning(store);
    describeCosts(store);
    describeConstraints(store);
    describeRaces(store);
    describeGrouping(store);
    describeHistories(store, store.name === 'SQLite' ? 500 : 100);
    describeDurability(store);
    describeLifecycle(store);
    describePlans(store);
    describeRights(store);
    describeOwners(store);
    if (store.name === 'PostgreSQL') {
      describeNews(store);
      describeLostCommit(store);
    }
  });
