/** The real clock, and one that stands still until it is moved. */
import type { Clock } from '@facilitator/engine';

export const realClock: Clock = {
  now: () => BigInt(Math.floor(Date.now() / 1000)),
  milliseconds: () => performance.now(),
  after(ms, act) {
    const timer = setTimeout(act, ms);
    return () => clearTimeout(timer);
  },
};

export type HandClock = Clock & { move(ms: number): void };

/** Timers of the real clock, time by hand. */
export function handClock(): HandClock {
  let moved = 0;
  return {
    now: () => realClock.now() + BigInt(Math.floor(moved / 1000)),
    milliseconds: () => moved,
    after: realClock.after,
    move(ms) {
      moved += ms;
    },
  };
}
