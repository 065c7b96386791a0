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
const LEAST_MS = 20;

/**
 * Learns how long this network takes to include a transaction and looks just before that, then every quarter block. A
 * chain that mines at once is asked at once; a chain with two-second blocks is not asked fifty times for nothing.
 */
export function createPace(blockMs: number): Pace {
  let lagMs = 0;
  const between = Math.max(LEAST_MS, blockMs / 4);
  return {
    afterBroadcast: () => Math.max(LEAST_MS, Math.min(lagMs, blockMs)),
    afterTick: () => between,
    sighted(seenAfterMs) {
      // Moves fast towards shorter lags, slowly towards longer ones: latency matters more than a spare look.
      lagMs += (seenAfterMs - lagMs) * (seenAfterMs < lagMs ? 0.5 : 0.1);
    },
  };
}
