/** Percentiles of exact samples: a run is small enough to keep them all. */

/** The smallest sample that is not below the share `p` (0 to 1) of them; undefined for none. */
export function percentile(samples: readonly number[], p: number): number | undefined {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.max(Math.ceil(sorted.length * p) - 1, 0)];
}
