/** When to look at the chain next. Every look is a round trip, every wait is latency. */

export type Pace = {
  /** Milliseconds until the first look after bytes left. */
  afterBroadcast(): number;
  /** Milliseconds until the next look when something is still open. */
  afterTick(): number;
  /** A transaction was seen `lagMs` after it was sent. */
  sighted(lagMs: number): void;
};

/** The shortest pause between two looks. */
const LEAST_MS = 2;
/** Between the moment a block should be visible and the look at it. */
const GRACE_MS = 15;
/** A look that came this soon after a block was due is repeated soon: the block may be a little late. */
const LATE_MS = 120;
const SOON_MS = 45;

/**
 * Two kinds of networks. Where blocks come in a rhythm the chain knows when the next one is due, and looks are made then.
 * Where transactions are included at once, or nothing is known, the lag of earlier ones says when to look first; further
 * looks come at growing pauses, a quarter block apart at most.
 */
export function createPace(blockMs: number, untilNext: () => number | undefined): Pace {
  let lagMs = 0;
  let looks = 0;
  const most = Math.max(20, blockMs / 4);
  const isInstant = () => lagMs < blockMs / 10;

  return {
    afterBroadcast() {
      looks = 0;
      if (isInstant()) return Math.max(LEAST_MS, lagMs * 0.7);
      const due = untilNext();
      return due === undefined ? Math.min(lagMs, blockMs) : due + GRACE_MS;
    },
    afterTick() {
      looks += 1;
      const growing = Math.min(most, 5 * 2 ** looks);
      if (isInstant()) return growing;
      const due = untilNext();
      if (due === undefined) return Math.max(20, growing);
      return looks < 3 && blockMs - due < LATE_MS ? SOON_MS : due + GRACE_MS;
    },
    sighted(seenAfterMs) {
      // Moves fast towards shorter lags, slowly towards longer ones: latency matters more than a spare look.
      lagMs += (seenAfterMs - lagMs) * (seenAfterMs < lagMs ? 0.5 : 0.1);
    },
  };
}
