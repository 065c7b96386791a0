/** Time that moves only when a test says so. */
import type { Clock } from '../src/ports/clock.ts';

export type FakeClock = Clock & {
  /** Moves time on and runs what falls due, letting promises settle in between. */
  advance(ms: number): Promise<void>;
};

/** Lets everything that needs no time happen: promises, and the event loop's immediates. */
export async function settleDown(rounds = 12): Promise<void> {
  for (let i = 0; i < rounds; i += 1) await new Promise((resolve) => setImmediate(resolve));
}

export function createFakeClock(startSeconds = 1_800_000_000): FakeClock {
  let ms = startSeconds * 1000;
  let timers: { at: number; act: () => void }[] = [];
  return {
    now: () => BigInt(Math.floor(ms / 1000)),
    milliseconds: () => ms,
    after(delay, act) {
      const timer = { at: ms + delay, act };
      timers.push(timer);
      return () => {
        timers = timers.filter((each) => each !== timer);
      };
    },
    async advance(by) {
      const until = ms + by;
      await settleDown();
      for (;;) {
        const next = timers.filter((timer) => timer.at <= until).sort((a, b) => a.at - b.at)[0];
        if (next === undefined) break;
        timers = timers.filter((timer) => timer !== next);
        ms = Math.max(ms, next.at);
        next.act();
        await settleDown();
      }
      ms = until;
      await settleDown();
    },
  };
}
