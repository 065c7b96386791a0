/** Time, passed in so that tests can own it. */
import type { Seconds } from '@facilitator/protocol';

export interface Clock {
  /** Wall time in whole seconds. */
  now(): Seconds;
  /** Milliseconds from a fixed point that never run backwards, for pacing and measuring. */
  milliseconds(): number;
  /** Calls `act` once after `ms` milliseconds unless the returned function is called first. */
  after(ms: number, act: () => void): () => void;
}
