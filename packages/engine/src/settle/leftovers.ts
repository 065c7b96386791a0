/** Claims that could not be released: each keeps its payment from every other process, so it is tried until the journal answers. */
import type { Clock } from '../ports/clock.ts';
import type { Journal } from '../ports/journal.ts';
import { createRounds } from '../rounds.ts';

export type LeftoversOptions = {
  readonly journal: Pick<Journal, 'release'>;
  readonly clock: Clock;
  /** Whether a payment is on its way through this process: then it came again, and its claim is not a leftover. */
  readonly isCarried: (anchor: string) => boolean;
};

export type Leftovers = {
  add(anchor: string): void;
  has(anchor: string): boolean;
  delete(anchor: string): void;
  stop(): Promise<void>;
};

const RETRY_MS = 1_000;
/** Releases under way at once: they share a few commits. */
const MOST = 100;

export function createLeftovers({ journal, clock, isCarried }: LeftoversOptions): Leftovers {
  const anchors = new Set<string>();
  const rounds = createRounds({
    clock,
    look: releaseAll,
    pause: () => RETRY_MS,
    isIdle: () => anchors.size === 0,
    // It was told when the first attempt failed.
    onFault: () => {},
  });

  async function releaseAll(): Promise<void> {
    const known = [...anchors];
    for (let from = 0; from < known.length; from += MOST)
      await Promise.all(known.slice(from, from + MOST).map(release));
  }

  async function release(anchor: string): Promise<void> {
    if (!anchors.has(anchor) || isCarried(anchor)) return;
    await journal.release(anchor);
    // Presented again meanwhile: whoever takes it in releases it once more, before it is claimed anew.
    if (!isCarried(anchor)) anchors.delete(anchor);
  }

  return {
    add(anchor) {
      anchors.add(anchor);
      rounds.within(RETRY_MS);
    },
    has: (anchor) => anchors.has(anchor),
    delete: (anchor) => void anchors.delete(anchor),
    stop: rounds.stop,
  };
}
