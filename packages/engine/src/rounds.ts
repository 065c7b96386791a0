/** Something that is looked at again and again: never twice at once, and no later than anybody asked for. */
import type { Clock } from './ports/clock.ts';

export type RoundsOptions = {
  readonly clock: Pick<Clock, 'milliseconds' | 'after'>;
  readonly look: () => Promise<void>;
  /** Milliseconds from the end of one look to the next. Asked only where there is anything to look at. */
  readonly pause: () => number;
  /** There is nothing to look at: no look is planned. */
  readonly isIdle: () => boolean;
  /** A look was rejected. The next one comes all the same. */
  readonly onFault: (error: unknown) => void;
};

export type Rounds = {
  /** Looks within this many milliseconds. While a look is under way the pause after it decides. */
  within(ms: number): void;
  /** Looks now, if there is anything to look at, or joins the look that is under way. Never rejects. */
  now(): Promise<void>;
  /** Ends when the look under way has ended; there is none after it. */
  stop(): Promise<void>;
};

export function createRounds({ clock, look, pause, isIdle, onFault }: RoundsOptions): Rounds {
  let next: { readonly at: number; readonly cancel: () => void } | undefined;
  let underWay: Promise<void> | undefined;
  let stopped = false;

  function within(ms: number): void {
    if (stopped || underWay !== undefined || isIdle()) return;
    const at = clock.milliseconds() + ms;
    if (next !== undefined && next.at <= at) return;
    next?.cancel();
    next = { at, cancel: clock.after(ms, () => void now()) };
  }

  function now(): Promise<void> {
    next?.cancel();
    next = undefined;
    if (underWay === undefined && (stopped || isIdle())) return Promise.resolve();
    underWay ??= look()
      .catch(onFault)
      .finally(() => {
        underWay = undefined;
        // An idle one is not asked for its pause.
        if (!isIdle()) within(pause());
      });
    return underWay;
  }

  return {
    within,
    now,
    async stop() {
      stopped = true;
      next?.cancel();
      await underWay;
    },
  };
}
