/** Judgements under way. A search for evidence may take many calls, and the payments of others do not wait for it. */
import type { Clock } from '../ports/clock.ts';

export type Judging = {
  /** What is being judged is left out of looks. */
  has(about: object): boolean;
  /** Begins to judge it, unless that is under way. */
  begin(about: object, judge: () => Promise<void>): void;
  /**
   * Resolves when all have ended, or when that takes long: the rest go on. `onFailed` is told the first of those begun since
   * the last call that was rejected.
   */
  settled(onFailed: (error: unknown) => void): Promise<void>;
  /** Resolves when all have ended. */
  stop(): Promise<void>;
};

/** Longer than a write of the journal, shorter than a search on chain. */
const PATIENCE_MS = 50;

export function createJudging({ clock }: { readonly clock: Pick<Clock, 'after'> }): Judging {
  const underWay = new Map<object, Promise<void>>();
  let begun: Promise<void>[] = [];

  return {
    has: (about) => underWay.has(about),
    begin(about, judge) {
      if (underWay.has(about)) return;
      const judged = judge().finally(() => underWay.delete(about));
      underWay.set(about, judged);
      begun.push(judged);
    },
    async settled(onFailed) {
      const all = Promise.allSettled(begun).then((results) => {
        const failure = results.find((result) => result.status === 'rejected');
        if (failure !== undefined) onFailed(failure.reason);
      });
      begun = [];
      const { promise, resolve } = Promise.withResolvers<void>();
      const cancel = clock.after(PATIENCE_MS, resolve);
      await Promise.race([all, promise]);
      cancel();
    },
    async stop() {
      await Promise.allSettled(underWay.values());
    },
  };
}
