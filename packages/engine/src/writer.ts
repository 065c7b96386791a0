/** Whether this process writes for a network: one does at any time, the others hand their payments to it. */
import { describeError } from './describe-error.ts';
import type { Tracker } from './evidence/tracker.ts';
import type { Authorization, Chain } from './ports/chain.ts';
import type { Clock } from './ports/clock.ts';
import type { Journal } from './ports/journal.ts';
import type { Meter } from './ports/meter.ts';
import { type RecoverOptions, recover } from './recover.ts';
import type { Case } from './settle/case.ts';
import type { Cases } from './settle/cases.ts';
import type { Lanes } from './settle/lanes.ts';

export type WriterOptions<A extends Authorization> = {
  readonly chain: Chain<A>;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly meter: Meter;
  readonly cases: Cases<A>;
  readonly lanes: Lanes;
  readonly tracker: Tracker<A>;
  /** Another process had verified it, and nothing is signed. */
  readonly onHandedOver: (kase: Case<A>) => void;
  readonly till: RecoverOptions<A>['till'];
  /** This process writes from now on. */
  readonly onHeld: () => void;
  /** Another process may write from now on. */
  readonly onLost: () => void;
};

export type Writer = {
  /** True from the end of recovery until the right is lost. */
  writing(): boolean;
  /**
   * Competes for the right to write. Resolves when this process writes, with recovery done, or when it is known that
   * another one does. Rejects when it could not recover; then it does not compete.
   */
  start(): Promise<void>;
  /** Gives the right up at once. */
  stop(): Promise<void>;
};

/** Pause before a recovery that failed while the right is held is tried again. */
const RECOVERY_RETRY_MS = 1_000;

export function createWriter<A extends Authorization>(options: WriterOptions<A>): Writer {
  const { chain, journal, clock, meter, lanes, tracker } = options;
  const { network } = chain;
  let writing = false;
  /** Counts every change of hands, so that a recovery that was overtaken ends without effect. */
  let turn = 0;
  let resign: (() => Promise<void>) | undefined;

  async function begin(): Promise<void> {
    turn += 1;
    const mine = turn;
    await Promise.all(lanes.all.map((lane) => lane.align()));
    if (mine !== turn) return;
    // From here on new payments queue behind the recovered ones.
    await recover({ ...options, current: () => mine === turn });
    if (mine !== turn) return;
    writing = true;
    meter.record({ type: 'writer.held', network });
    options.onHeld();
  }

  function lost(): void {
    turn += 1;
    const wrote = writing;
    writing = false;
    for (const lane of lanes.all) lane.forget();
    tracker.forget();
    if (wrote) meter.record({ type: 'writer.lost', network });
    // Also in the middle of a recovery, which has taken up payments by then.
    options.onLost();
  }

  /** Held later than at the start: nobody waits for it, so it is tried until it works or the right is lost. */
  async function beginLater(): Promise<void> {
    const mine = turn + 1;
    try {
      await begin();
    } catch (error) {
      if (mine !== turn) return;
      meter.record({ type: 'fault', network, detail: `recovery failed: ${describeError(error)}` });
      clock.after(RECOVERY_RETRY_MS, () => {
        if (mine === turn) void beginLater();
      });
    }
  }

  return {
    writing: () => writing,
    async start() {
      let first: Promise<void> | undefined;
      let starting = true;
      resign = await journal.compete(network, {
        onHeld() {
          if (starting) first = begin();
          else void beginLater();
        },
        onLost: lost,
      });
      starting = false;
      try {
        await first;
      } catch (error) {
        await resign();
        throw error;
      }
    },
    async stop() {
      await resign?.();
      if (writing) lost();
    },
  };
}
