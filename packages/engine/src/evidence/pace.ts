/** When to look at the chain next. Every look is a round trip, every wait is latency. */

import type { Rhythm } from '../ports/chain.ts';

export type Pace = {
  /** Milliseconds until the first look after bytes left. */
  afterBroadcast(): number;
  /** Milliseconds until the next look when something is still open, sent `ageMs` ago at most. */
  afterTick(ageMs: number): number;
  /** A transaction was seen `lagMs` after it was sent. */
  sighted(lagMs: number): void;
};

/** The shortest pause between two looks. */
const LEAST_MS = 2;
/** Between the moment a block should be visible and the look at it. */
const GRACE_MS = 15;
/** A network that was slow for a moment may include at once all the same: every so many broadcasts one is looked for early. */
const BROADCASTS_PER_PROBE = 12;
const PROBE_MS = 20;
/** The pause after a look that found a block missing that should have been there. */
const LATE_MS = 40;

/**
 * Two kinds of networks. Where blocks come in a rhythm, looks are made when the next one is due, and again at growing
 * pauses while it is late. Where transactions are included at once, or nothing is known, the lag of earlier ones says when
 * to look first; further looks come at growing pauses, a quarter block apart at most.
 */
export function createPace(blockMs: number, rhythm: () => Rhythm | undefined): Pace {
  let lagMs = 0;
  let isKnown = false;
  let unprobed = 0;
  let looks = 0;
  const most = Math.max(20, blockMs / 4);
  const isInstant = () => lagMs < blockMs / 10;

  return {
    afterBroadcast() {
      looks = 0;
      if (isInstant()) return Math.max(LEAST_MS, lagMs * 0.7);
      unprobed += 1;
      if (unprobed >= BROADCASTS_PER_PROBE) return PROBE_MS;
      const now = rhythm();
      return now === undefined ? Math.min(lagMs, blockMs) : now.untilNext + GRACE_MS;
    },
    afterTick(ageMs) {
      looks += 1;
      const growing = Math.min(most, 5 * 2 ** looks);
      if (isInstant()) return growing;
      const now = rhythm();
      if (now === undefined) return Math.max(20, growing);
      // It should have been in the last block, which may be late: asked again, sooner the less it is overdue.
      const isLate = ageMs > now.sinceLast && now.sinceLast < now.untilNext;
      if (isLate) return Math.min(now.untilNext + GRACE_MS, Math.max(LATE_MS, now.sinceLast));
      return now.untilNext + GRACE_MS;
    },
    sighted(seenAfterMs) {
      const probed = unprobed >= BROADCASTS_PER_PROBE;
      if (probed) unprobed = 0;
      // The first says most, and so does one that was looked for early and was there.
      const weight = !isKnown || (probed && seenAfterMs < 3 * PROBE_MS) ? 1 : 0.5;
      lagMs += (seenAfterMs - lagMs) * weight;
      isKnown = true;
    },
  };
}
