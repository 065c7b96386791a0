/** The rhythm of blocks, learned from the times that calls happen to show, so that nobody has to ask for it. */
import type { Clock, Rhythm } from '@facilitator/engine';

export type BlockClock = {
  /** A node just showed a block of this time, in seconds, as its newest. */
  saw(time: bigint): void;
  /** Undefined while nothing has been seen, and where blocks are faster than their own clock. */
  rhythm(): Rhythm | undefined;
};

/** Block times are whole seconds, so a faster rhythm cannot be read from them. */
const SLOWEST_READABLE_MS = 1_000;

/**
 * A block of time T is visible from T + delay on. Seeing T bounds the delay from above; not seeing the one after T yet
 * bounds it from below. A few sights make the bounds tight. `blockMs` is the longest rhythm that is believed.
 */
export function createBlockClock(clock: Clock, blockMs: number): BlockClock {
  let newest: number | undefined;
  let period = blockMs;
  let earliest = Number.NEGATIVE_INFINITY;
  let latest = Number.POSITIVE_INFINITY;

  return {
    saw(time) {
      const at = Number(time) * 1000;
      // A node that is behind.
      if (newest !== undefined && at < newest) return;
      if (newest !== undefined && at > newest) period = Math.min(period, at - newest);
      newest = at;
      const delay = clock.milliseconds() - at;
      latest = Math.min(latest, delay);
      earliest = Math.max(earliest, delay - period);
      // The rhythm has shifted: begin again with what was just seen.
      if (earliest > latest) {
        earliest = delay - period;
        latest = delay;
      }
    },
    rhythm() {
      if (newest === undefined || blockMs < SLOWEST_READABLE_MS) return undefined;
      const since = clock.milliseconds() - newest - latest;
      const sinceLast = ((since % period) + period) % period;
      return { sinceLast, untilNext: period - sinceLast };
    },
  };
}
