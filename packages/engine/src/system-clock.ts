/** The machine's own time. */
import type { Clock } from './ports/clock.ts';

export const systemClock: Clock = {
  now: () => BigInt(Math.floor(Date.now() / 1000)),
  milliseconds: () => performance.now(),
  after(ms, act) {
    const timer = setTimeout(act, ms);
    return () => clearTimeout(timer);
  },
};
