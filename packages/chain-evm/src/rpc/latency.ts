/** How long an endpoint takes, from what it took lately. */

export type Latency = {
  record(ms: number): void;
  /** After so many milliseconds an answer is later than nearly all lately. */
  patienceMs(): number;
};

const REMEMBERED = 64;
/** Fewer say nothing about the slow ones. */
const FEWEST = 8;
const UNKNOWN_MS = 500;
const SHORTEST_MS = 25;

export function createLatency(longestMs: number): Latency {
  const recent: number[] = [];
  let next = 0;
  let patience: number | undefined;

  function p95(): number {
    const sorted = recent.toSorted((a, b) => a - b);
    return sorted[Math.floor(sorted.length * 0.95)] ?? UNKNOWN_MS;
  }

  return {
    record(ms) {
      recent[next] = ms;
      next = (next + 1) % REMEMBERED;
      patience = undefined;
    },
    patienceMs() {
      patience ??= Math.max(SHORTEST_MS, recent.length < FEWEST ? UNKNOWN_MS : p95());
      return Math.min(patience, longestMs);
    },
  };
}
