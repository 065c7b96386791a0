/** Payments that could share a transaction wait a moment for each other, while that costs nobody anything. */
import type { Authorization, Chain } from '../ports/chain.ts';
import type { Clock } from '../ports/clock.ts';

export type GatheringOptions<A extends Authorization> = {
  readonly chain: Pick<Chain<A>, 'rhythm'>;
  readonly clock: Clock;
  /** The moment is over. */
  readonly onOver: () => void;
};

export type Gathering = {
  /** Whether those who wait go on waiting. Asked each time that a lane could take them. */
  isOn(): boolean;
  stop(): void;
};

/** Long enough for what one block's answers set off, short against a block. */
const MOMENT_MS = 25;
/** Nearer to the next block nobody waits: whoever misses it waits for the one after. */
const BEFORE_BLOCK_MS = 4 * MOMENT_MS;

/**
 * Where blocks come in a rhythm and the next one is not near, a transaction that leaves a moment later is in the same block. So
 * callers who are told of one block and pay again before the next share few transactions, not many.
 */
export function createGathering<A extends Authorization>(options: GatheringOptions<A>): Gathering {
  const { chain, clock, onOver } = options;
  let until: number | undefined;
  let cancel = () => {};

  function stop(): void {
    cancel();
    until = undefined;
  }

  return {
    isOn() {
      const now = clock.milliseconds();
      if (until !== undefined && now < until) return true;
      // Whoever asks much later asks for others.
      const isOver = until !== undefined && now < until + MOMENT_MS;
      stop();
      const rhythm = isOver ? undefined : chain.rhythm();
      if (rhythm === undefined || rhythm.untilNext < BEFORE_BLOCK_MS) return false;
      until = now + MOMENT_MS;
      cancel = clock.after(MOMENT_MS, () => {
        // Over when the timer says so: timers may be a little early, and nobody would ask again.
        until = clock.milliseconds();
        onOver();
      });
      return true;
    },
    stop,
  };
}
