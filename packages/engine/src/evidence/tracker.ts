/** One tick per head: looks for everything that may be on chain and turns what it sees into conclusions. */
import { describeError } from '../describe-error.ts';
import type { Attempt, Authorization, Chain } from '../ports/chain.ts';
import type { Clock } from '../ports/clock.ts';
import type { AttemptOutcome, Conclusion, Journal } from '../ports/journal.ts';
import type { Meter } from '../ports/meter.ts';
import type { Case } from '../settle/case.ts';
import { type Judgement, judgeIncluded, judgeLost } from './judge.ts';
import { createPace } from './pace.ts';
import { addAttempt, foldSightings, newest, type Slot, type SlotSighting, slotKey } from './slot.ts';

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
  /** A transaction of ours is final: what it cost the signer, in native units, and the payments it carried that had not ended. */
  readonly onCost: (attempt: Attempt, cost: bigint, cases: readonly Case<A>[]) => void;
  /** Nodes refused bytes that they were given. */
  readonly onRefused: () => void;
  /** The nonce has its outcome. `superseded` means that it went to no transaction of ours. */
  readonly onResolved: (slot: Pick<Slot<A>, 'signer' | 'nonce'>, outcome: AttemptOutcome['status']) => void;
};

export type Tracker<A extends Authorization> = {
  /** Hands an attempt to the network and watches it. Attempts for one nonce are watched together. */
  send(attempt: Attempt, cases: readonly Case<A>[]): void;
  /** Watches a payment that was prepared once and that no open attempt carries. */
  adopt(orphan: Case<A>): void;
  /** Looks once, now. */
  tick(): Promise<void>;
  /** Watches nothing any more: another process does. */
  forget(): void;
  stop(): Promise<void>;
};

/** Blocks without a sighting after which the same bytes are handed to the network again. */
const REBROADCAST_AFTER_BLOCKS = 4;
/** Blocks without a sighting after which the lowest nonce is replaced at a higher fee, and the least time that takes. */
const REPLACE_AFTER_BLOCKS = 6;
const REPLACE_AFTER_LEAST_MS = 10_000;

export function createTracker<A extends Authorization>(options: TrackerOptions<A>): Tracker<A> {
  const { chain, journal, clock, meter } = options;
  const { network } = chain;
  const slots = new Map<string, Slot<A>>();
  const orphans = new Map<string, Case<A>>();
  const pace = createPace(chain.blockMs, () => chain.rhythm());
  const replaceAfterMs = Math.max(REPLACE_AFTER_LEAST_MS, chain.blockMs * REPLACE_AFTER_BLOCKS);
  let next: { readonly at: number; readonly cancel: () => void } | undefined;
  let ticking: Promise<void> | undefined;
  let stopped = false;

  async function broadcast(slot: Slot<A>): Promise<void> {
    const attempt = newest(slot);
    slot.sentAt = clock.milliseconds();
    const answer = await chain.broadcast(attempt);
    const detail = answer.status === 'accepted' ? '' : answer.detail;
    meter.record({ type: 'settle.broadcast', network, transaction: attempt.hash, outcome: answer.status, detail });
    for (const each of slot.cases) each.refused = answer.status === 'refused';
    if (answer.status === 'refused') options.onRefused();
    schedule(pace.afterBroadcast());
  }

  function schedule(ms: number): void {
    if (stopped || ticking !== undefined || (slots.size === 0 && orphans.size === 0)) return;
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
        meter.record({ type: 'fault', network, detail: `tick failed: ${describeError(error)}` });
      })
      .finally(() => {
        ticking = undefined;
        schedule(pace.afterTick(oldestUnseen()));
      });
    return ticking;
  }

  /** Milliseconds since the first bytes of what is not in any block yet. */
  function oldestUnseen(): number {
    const unseen = [...slots.values()].filter((slot) => slot.sightedAt === undefined);
    return clock.milliseconds() - Math.min(...unseen.map((slot) => slot.since));
  }

  async function look(): Promise<void> {
    const watched = [...slots.values()].sort((a, b) => (a.nonce < b.nonce ? -1 : 1));
    const attempts = watched.flatMap((slot) => slot.attempts);
    const items = watched.flatMap((slot) => {
      const authorizations = slot.cases.map((each) => each.authorization);
      return slot.attempts.map(() => authorizations);
    });
    const sightings = attempts.length === 0 ? [] : await chain.observe(attempts, items);
    const unseenSigners = new Set<string>();
    let from = 0;
    const judged: Promise<void>[] = [];
    for (const slot of watched) {
      const sighting = foldSightings(slot.attempts, sightings.slice(from, from + slot.attempts.length));
      from += slot.attempts.length;
      // Higher nonces of a signer are stuck because of the lowest.
      const lowest = sighting.status === 'unseen' && !unseenSigners.has(slot.signer);
      if (lowest) unseenSigners.add(slot.signer);
      judged.push(sighting.status === 'unseen' ? judgeUnseen(slot, lowest) : judge(slot, sighting));
    }
    const results = await Promise.allSettled([...judged, ...[...orphans.values()].map(judgeOrphan)]);
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  }

  async function judge(slot: Slot<A>, sighting: Exclude<SlotSighting, { status: 'unseen' }>): Promise<void> {
    if (sighting.status === 'included') {
      if (slot.sightedAt === undefined) pace.sighted(clock.milliseconds() - slot.since);
      slot.sightedAt ??= clock.milliseconds();
      if (!sighting.final) return;
    }
    const judged = await Promise.all(
      slot.cases.map(async (each, index) => ({ each, judgement: await judgeCase(slot, each, index, sighting) })),
    );
    // Without a verdict on each payment the nonce stays open: absence needs proof.
    if (judged.some(({ judgement }) => judgement.status === 'undecided')) return;
    const ends = judged.flatMap(({ each, judgement }) =>
      judgement.status === 'ended' ? [{ each, conclusion: withDelivery(each, judgement.conclusion) }] : [],
    );
    const attempt = sighting.status === 'included' ? sighting.attempt : newest(slot);
    const outcome: AttemptOutcome =
      sighting.status === 'included'
        ? { status: 'included', block: sighting.block, cost: sighting.cost }
        : { status: 'superseded' };
    const conclusions = ends.map(({ each, conclusion }) => ({ id: each.authorization.anchor, conclusion }));
    const ended = new Set(
      await holding(
        ends.map(({ each }) => each),
        journal.resolve(attempt.hash, outcome, conclusions),
      ),
    );
    const watched = slots.delete(slotKey(slot));
    if (outcome.status === 'included') {
      meter.record({ type: 'settle.cost', network, transaction: attempt.hash, cost: outcome.cost });
      options.onCost(attempt, outcome.cost, slot.cases);
    }
    for (const { each, conclusion } of ends)
      options.onConcluded(each, conclusion, ended.has(each.authorization.anchor));
    // Forgotten meanwhile: another process writes now, and finds in the journal what is left to do.
    if (!watched) return;
    for (const { each, judgement } of judged)
      if (judgement.status === 'payable') orphans.set(each.authorization.anchor, each);
    options.onResolved(slot, outcome.status);
  }

  async function judgeCase(
    slot: Slot<A>,
    each: Case<A>,
    index: number,
    sighting: Exclude<SlotSighting, { status: 'unseen' }>,
  ): Promise<Judgement> {
    if (sighting.status === 'superseded') return judgeLost(chain, each.authorization, newest(slot).hash);
    const { attempt, proofs } = sighting;
    const judgement = await judgeIncluded(chain, each.authorization, attempt, proofs[index]);
    // In company it may have been another's fault: the next time it goes with fewer, at last alone.
    if (judgement.status === 'payable')
      each.most = proofs.some((proof) => proof.status === 'paid') ? 1 : Math.ceil(attempt.items.length / 2);
    return judgement;
  }

  /** Bytes that nobody has seen: hand them over again, at a higher fee in the end, and see whether they can still pay. */
  async function judgeUnseen(slot: Slot<A>, lowest: boolean): Promise<void> {
    slot.sightedAt = undefined;
    const now = clock.milliseconds();
    if (lowest && now - slot.signedAt >= replaceAfterMs && (await replace(slot))) return;
    if (now - slot.sentAt < chain.blockMs * REBROADCAST_AFTER_BLOCKS) return;
    await broadcast(slot);
    const left: Case<A>[] = [];
    for (const each of slot.cases) {
      const over = each.authorization.expires <= clock.now();
      if (!over || !(await endLost(each, newest(slot).hash))) left.push(each);
    }
    // The nonce itself stays open: it has to be used before later ones can be.
    slot.cases = left;
  }

  async function replace(slot: Slot<A>): Promise<boolean> {
    const stuck = newest(slot);
    slot.signedAt = clock.milliseconds();
    const signed = await chain.replace(
      stuck,
      slot.cases.map((each) => each.authorization),
    );
    if (signed === undefined) return false;
    const attempt = await journal.replace(stuck.hash, signed);
    meter.record({ type: 'settle.replaced', network, transaction: attempt.hash, replaced: stuck.hash });
    slot.attempts = [...slot.attempts, attempt];
    for (const each of slot.cases) each.transaction = attempt.hash;
    await broadcast(slot);
    return true;
  }

  async function judgeOrphan(orphan: Case<A>): Promise<void> {
    const judgement = await judgeLost(chain, orphan.authorization, orphan.transaction);
    if (judgement.status === 'ended') {
      await end(orphan, judgement.conclusion);
      orphans.delete(orphan.authorization.anchor);
    } else if (judgement.status === 'payable' && orphan.authorization.expires > clock.now()) {
      // Forgotten meanwhile: another process writes now, and finds it in the journal.
      if (orphans.delete(orphan.authorization.anchor)) options.onOrphan(orphan);
    }
  }

  /** Ends a payment for which the chain itself gives the proof; false when it gives none. */
  async function endLost(each: Case<A>, hash: string): Promise<boolean> {
    const judgement = await judgeLost(chain, each.authorization, hash);
    if (judgement.status !== 'ended') return false;
    await end(each, judgement.conclusion);
    return true;
  }

  async function end(each: Case<A>, ending: Conclusion): Promise<void> {
    const conclusion = withDelivery(each, ending);
    const mine = await holding([each], journal.conclude(each.authorization.anchor, conclusion));
    options.onConcluded(each, conclusion, mine);
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
      const slot = addAttempt(slots.get(slotKey(attempt)), attempt, cases, clock.milliseconds());
      slots.set(slotKey(attempt), slot);
      void broadcast(slot);
    },
    adopt(orphan) {
      orphans.set(orphan.authorization.anchor, orphan);
      schedule(pace.afterTick(oldestUnseen()));
    },
    tick,
    forget() {
      slots.clear();
      orphans.clear();
    },
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
