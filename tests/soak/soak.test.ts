/** A small soak among the tests: the large ones are run by hand. */
import { expect, it } from 'vitest';
import { USUAL } from './options.ts';
import { faultsOf, report } from './report.ts';
import { soak } from './soak.ts';

it('payments in bad weather on servers that are killed: each settled once or refused, every answer true', async () => {
  const options = { ...USUAL, payments: 150, rate: 20, chaos: true, killEveryMs: 2_000, seed: 7 };
  const seen: number[] = [];
  const result = await soak(options, ({ ended }) => seen.push(ended), new AbortController().signal);
  expect(faultsOf(result), report(result)).toEqual([]);
  expect(result.sent).toBe(150);
  expect(result.verdict.settled + result.verdict.refused).toBe(150);
  expect(result.verdict.settled).toBeGreaterThan(100);
  expect(result.kills).toBeGreaterThan(0);
  expect(result.faults.size).toBeGreaterThan(0);
  // Payments did share transactions.
  expect(result.chain.largest).toBeGreaterThan(1);
  expect(seen.at(-1)).toBe(150);
});
