/** What was spent in the last 24 hours, by the hour. */
import type { Seconds } from '@facilitator/protocol';

export type Day = {
  add(amount: bigint, at: Seconds): void;
  /** Of the last 24 hours, and of the hour in which they began. */
  total(now: Seconds): bigint;
  /** Seconds until `amount` of the total is no longer counted. */
  untilGone(amount: bigint, now: Seconds): number;
};

const HOUR = 3_600n;
/** The hour under way and the 24 before it: a total over them is never less than that of any 24 hours up to now. */
const HOURS = 25n;

export function createDay(): Day {
  /** By the hour since 1970. Hours without spending are not there. */
  const hours = new Map<bigint, bigint>();

  function forgetOld(now: Seconds): void {
    for (const hour of hours.keys()) if (hour + HOURS <= now / HOUR) hours.delete(hour);
  }

  return {
    add(amount, at) {
      const hour = at / HOUR;
      hours.set(hour, (hours.get(hour) ?? 0n) + amount);
    },
    total(now) {
      forgetOld(now);
      return [...hours.values()].reduce((sum, spent) => sum + spent, 0n);
    },
    untilGone(amount, now) {
      forgetOld(now);
      let gone = 0n;
      for (const [hour, spent] of [...hours].sort(([a], [b]) => (a < b ? -1 : 1))) {
        gone += spent;
        if (gone >= amount) return Number((hour + HOURS) * HOUR - now);
      }
      return Number(HOURS * HOUR);
    },
  };
}
