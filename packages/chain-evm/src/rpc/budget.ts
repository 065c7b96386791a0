/** How many calls an endpoint may be asked: a bucket that fills steadily and holds one second's worth. */
import type { Clock } from '@facilitator/engine';

export type Budget = {
  /** Milliseconds until `calls` more may be asked; 0 when they may be asked now. */
  waitMs(calls: number): number;
  /** Takes them. What is not there yet is owed, so that those who come later wait longer. */
  spend(calls: number): void;
};

/** `callsPerSecond` undefined: no limit. */
export function createBudget(clock: Clock, callsPerSecond: number | undefined): Budget {
  if (callsPerSecond === undefined) return { waitMs: () => 0, spend: () => undefined };
  const rate = callsPerSecond;
  // Counted in thousandths of a call, so that whole milliseconds add up exactly.
  const size = Math.max(1, rate) * 1000;
  let level = size;
  let at = clock.milliseconds();

  function fill(): void {
    const now = clock.milliseconds();
    level = Math.min(size, level + (now - at) * rate);
    at = now;
  }

  return {
    waitMs(calls) {
      fill();
      // More than the bucket holds goes when it is full, and leaves it in debt.
      const missing = Math.min(calls * 1000, size) - level;
      return missing <= 0 ? 0 : Math.ceil(missing / rate);
    },
    spend(calls) {
      fill();
      level -= calls * 1000;
    },
  };
}
