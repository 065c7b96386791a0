/** When asking ends, whatever has been answered by then. */
import type { Clock } from '@facilitator/engine';

export type Deadline = {
  readonly signal: AbortSignal;
  /** Milliseconds; 0 when it is over. */
  leftMs(): number;
};

export function deadlineIn(ms: number, clock: Clock): Deadline {
  const end = clock.milliseconds() + ms;
  const signal = AbortSignal.timeout(ms);
  return { signal, leftMs: () => (signal.aborted ? 0 : Math.max(0, end - clock.milliseconds())) };
}
