/** One tick per head: looks for everything that may be on chain and turns what it sees into conclusions. */
import { describeError } from '../describe-error.ts';
import type { Attempt, Authorization, Chain, Sighting } from '../ports/chain.ts';
import type { Clock } from '../ports/clock.ts';
import type { Conclusion, Journal } from '../ports/journal.ts';
import type { Meter } from '../ports/meter.ts';
import type { Case } from '../settle/case.ts';
import { judgeIncluded, judgeLost } from './judge.ts';
import { createPace } from './pace.ts';

/** An attempt without an outcome, with those of its payments that are not final yet. */
export type Watch<A extends Authorization> = {
  readonly attempt: Attempt;
  cases: readonly Case<A>[];
  /** Wall milliseconds of the last time its bytes were handed to the network. */
  sentAt: number;
};

export type TrackerOptions<A extends Authorization> = {
  readonly chain: Chain<A>;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly meter: Meter;
  /** A payment ended and the journal knows it. `mine` is false when it had ended before. */
  readonly onConcluded: (ended: Case<A>, conclusion: Conclusion, mine: boolean) => void;
  /** The journal could not be told now. The payment stays open and is looked at again. */
  readonly onUnwritten: (kase: Case<A>) => void;
  /** A payment that no open attempt carries any more and that may still be paid. */
  readonly onOrphan: (orphan: Case<A>) => void;
  /** The attempt has its outcome. `superseded` means somebody else uses this key. */
  readonly onResolved: (attempt: Attempt, outcome: 'included' | 'superseded') => void;
};

export type Tracker<A extends Authorization> = {
  /** Hands an attempt to the network and watches it. */
  send(attempt: Attempt, cases: readonly Case<A>[]): void;
  /** Watches a payment that was prepared once and that no open attempt carries. */
  adopt(orphan: Case<A>): void;
  /** Looks once, now. */
  tick(): Promise<void>;
  stop(): Promise<void>;
};

/** Blocks without a sighting after which the same bytes are handed to the network again. */
const REBROADCAST_AFTER_BLOCKS = 4;

export function createTracker<A extends Authorization>(options: TrackerOptions<A>): Tracker<A> {
  const { chain, journal, clock, meter } = options;
  const watched = new Map<string, Watch<A>>();
  const orphans = new Map<string, Case<A>>();
  const pace = createPace(chain.blockMs);
  let next: { readonly at: number; readonly cancel: () => void } | undefined;
  let ticking: Promise<void> | undefined;
  let stopped = false;

  async function broadcast(watch: Watch<A>): Promise<void> {
    watch.sentAt = clock.milliseconds();
    const answer = await chain.broadcast(watch.attempt);
    meter.record({
      type: 'settle.broadcast',
      network: chain.network,
      transaction: watch.attempt.hash,
      outcome: answer.status,
      detail: answer.status === 'accepted' ? '' : answer.detail,
    });
    schedule(pace.afterBroadcast());
  }

  function schedule(ms: number): void {
    if (stopped || ticking !== undefined || (watched.size === 0 && orphans.size === 0)) return;
    const at = clock.milliseconds() + ms;
    if (next !== undefined && next.at <= at) return;
    next?.cancel();
    const cancel = clock.after(ms, () => {
      next = undefined;
      void tick();
    });
    next = { at, cancel };
  }

  function tick(): Promise<void> {
    // Overlapping ticks would conclude one payment twice.
    ticking ??= look()
      .catch((error: unknown) => {
        meter.record({ type: 'fault', network: chain.network, detail: `tick failed: ${describeError(error)}` });
      })
      .finally(() => {
        ticking = undefined;
        schedule(pace.afterTick());
      });
    return ticking;
  }

  async function look(): Promise<void> {
    const watches = [...watched.values()].sort((a, b) => (a.attempt.nonce < b.attempt.nonce ? -1 : 1));
    const sightings = await chain.observe(
      watches.map((watch) => watch.attempt),
      watches.map((watch) => watch.cases.map((each) => each.authorization)),
    );
    await Promise.all(
      watches.map(async (watch, index) => {
        const sighting = sightings[index];
        if (sighting === undefined) throw new Error(`no sighting for ${watch.attempt.hash}`);
        await judge(watch, sighting);
      }),
    );
    await Promise.all([...orphans.values()].map(judgeOrphan));
  }

  async function judge(watch: Watch<A>, sighting: Sighting): Promise<void> {
    if (sighting.status === 'unseen') return judgeUnseen(watch);
    if (sighting.status === 'included') {
      pace.sighted(clock.milliseconds() - watch.sentAt);
      if (!sighting.final) return;
    }
    const judged = await Promise.all(
      watch.cases.map(async (each, index) => ({
        each,
        verdict:
          sighting.status === 'included'
            ? await judgeIncluded(chain, each.authorization, watch.attempt.hash, sighting.proofs[index])
            : await judgeLost(chain, each.authorization, watch.attempt.hash),
      })),
    );
    // Without a verdict on each payment the attempt stays open: absence needs proof.
    if (judged.some(({ verdict }) => verdict.status === 'undecided')) return;
    const conclusions = judged.flatMap(({ each, verdict }) =>
      verdict.status === 'ended' ? [{ each, conclusion: withDelivery(each, verdict.conclusion) }] : [],
    );
    const outcome =
      sighting.status === 'included'
        ? { status: 'included' as const, block: sighting.block, cost: sighting.cost }
        : { status: 'superseded' as const };
    const ended = await holding(
      conclusions.map(({ each }) => each),
      journal.resolve(
        watch.attempt.hash,
        outcome,
        conclusions.map(({ each, conclusion }) => ({ id: each.authorization.anchor, conclusion })),
      ),
    );
    watched.delete(watch.attempt.hash);
    if (sighting.status === 'included')
      meter.record({
        type: 'settle.cost',
        network: chain.network,
        transaction: watch.attempt.hash,
        cost: sighting.cost,
      });
    const mine = new Set(ended);
    for (const { each, conclusion } of conclusions)
      options.onConcluded(each, conclusion, mine.has(each.authorization.anchor));
    for (const { each, verdict } of judged)
      if (verdict.status === 'payable') orphans.set(each.authorization.anchor, each);
    options.onResolved(watch.attempt, outcome.status);
  }

  /** Bytes that nobody has seen: hand them over again, and see whether their payments can still be paid at all. */
  async function judgeUnseen(watch: Watch<A>): Promise<void> {
    if (clock.milliseconds() - watch.sentAt < chain.blockMs * REBROADCAST_AFTER_BLOCKS) return;
    await broadcast(watch);
    const left: Case<A>[] = [];
    for (const each of watch.cases) {
      if (each.authorization.expires > clock.now() || !(await endLost(each, watch.attempt.hash))) left.push(each);
    }
    // The attempt itself stays open: its nonce still has to be used before later ones can be.
    watch.cases = left;
  }

  async function judgeOrphan(orphan: Case<A>): Promise<void> {
    if (await endLost(orphan, orphan.transaction)) {
      orphans.delete(orphan.authorization.anchor);
    } else if (orphan.authorization.expires > clock.now()) {
      const verdict = await judgeLost(chain, orphan.authorization, orphan.transaction);
      if (verdict.status !== 'payable') return;
      orphans.delete(orphan.authorization.anchor);
      options.onOrphan(orphan);
    }
  }

  /** Ends a payment for which the chain itself gives the proof; false when it gives none. */
  async function endLost(each: Case<A>, hash: string): Promise<boolean> {
    const verdict = await judgeLost(chain, each.authorization, hash);
    if (verdict.status !== 'ended') return false;
    const conclusion = withDelivery(each, verdict.conclusion);
    const mine = await holding([each], journal.conclude(each.authorization.anchor, conclusion));
    options.onConcluded(each, conclusion, mine);
    return true;
  }

  /** Waiters whose delivery is being written must not be told anything else until the write is known to stand. */
  async function holding<T>(cases: readonly Case<A>[], write: Promise<T>): Promise<T> {
    try {
      return await write;
    } catch (error) {
      for (const each of cases) options.onUnwritten(each);
      throw error;
    }
  }

  return {
    send(attempt, cases) {
      const watch: Watch<A> = { attempt, cases, sentAt: clock.milliseconds() };
      watched.set(attempt.hash, watch);
      void broadcast(watch);
    },
    adopt(orphan) {
      orphans.set(orphan.authorization.anchor, orphan);
      schedule(pace.afterTick());
    },
    tick,
    async stop() {
      stopped = true;
      next?.cancel();
      await ticking;
    },
  };
}

/** A caller who waits gets the success in the same journal write that ends the payment. */
function withDelivery<A extends Authorization>(each: Case<A>, conclusion: Conclusion): Conclusion {
  if (each.waiter !== undefined) each.waiter.held = true;
  return conclusion.state === 'settled' ? { ...conclusion, delivered: each.waiter !== undefined } : conclusion;
}
