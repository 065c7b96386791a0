/** Which endpoint is asked next. */
import type { Endpoint } from './endpoint.ts';
import type { Standing } from './health.ts';

export type Need = {
  /** Those that were asked already. */
  readonly tried: ReadonlySet<Endpoint>;
  /** The block that it must have; 0n where that does not matter. */
  readonly floor: bigint;
  /** How many calls. */
  readonly calls: number;
  /** Preferred among equals. */
  readonly favourite: Endpoint | undefined;
};

const RANK = { good: 0, stale: 1, left: 2, excluded: 3 } as const satisfies Record<Standing, number>;

/** Undefined when all have been tried, or none serves this chain. */
export function choose(endpoints: readonly Endpoint[], need: Need): Endpoint | undefined {
  const candidates = endpoints.filter((endpoint) => !need.tried.has(endpoint) && endpoint.health.isServing());
  return candidates.toSorted((a, b) => compare(drawbacks(a, need), drawbacks(b, need)))[0];
}

/** Worst first. The order in which endpoints are configured decides between equals, because sorting is stable. */
function drawbacks(endpoint: Endpoint, { floor, calls, favourite }: Need): readonly number[] {
  const { health } = endpoint;
  return [
    RANK[health.standing()],
    endpoint.waitMs(calls),
    health.head() < floor ? 1 : 0,
    endpoint.isLate() ? 1 : 0,
    endpoint === favourite ? 0 : 1,
    Math.round(health.errors() * 10),
  ];
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (const [index, drawback] of a.entries()) {
    const difference = drawback - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
