/** Forgets old payments in the background, a few at a time, so that the journal does not grow for ever. */
import type { Clock, Journal } from '@facilitator/engine';
import type { Logger } from 'pino';
import type { Metrics } from './meter/metrics.ts';

export type PruningOptions = {
  readonly journal: Pick<Journal, 'prune'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, 'pruned'>;
  /** 0 keeps everything. */
  readonly keepDays: number;
};

/** Payments at once: about 10 ms of the journal's time. */
const BATCH = 100;
/** Pause while there is more: other writes come first. */
const PAUSE_MS = 150;
/** Pause when nothing is left. */
const REST_MS = 600_000;
const DAY_SECONDS = 86_400n;

/** Begins after the first rest: a start has other things to do. The returned function ends it, and waits for what is under way. */
export function startPruning({ journal, clock, log, metrics, keepDays }: PruningOptions): () => Promise<void> {
  let stopped = keepDays === 0;
  let cancel = () => {};
  let running: Promise<void> = Promise.resolve();
  /** Since the last rest. */
  let pruned = 0;

  function next(ms: number): void {
    if (stopped) return;
    cancel = clock.after(ms, () => {
      running = prune();
    });
  }

  async function prune(): Promise<void> {
    try {
      const count = await journal.prune(clock.now() - BigInt(keepDays) * DAY_SECONDS, BATCH);
      metrics.pruned.inc(count);
      pruned += count;
      if (count === BATCH) return next(PAUSE_MS);
      if (pruned > 0) log.info({ event: 'journal.pruned', payments: pruned });
      pruned = 0;
    } catch (error) {
      log.warn({ event: 'journal.unpruned', err: error });
    }
    next(REST_MS);
  }

  next(REST_MS);
  return async () => {
    stopped = true;
    cancel();
    await running;
  };
}
