/** One tick per head: looks for everything that may be on chain and turns what it sees into conclusions. */
import { describeError } from '../describe-error.ts';
import type { Attempt, Authorization, Chain, Proof, Verdict } from '../ports/chain.ts';
import type { Clock } from '../ports/clock.ts';
import type { AttemptOutcome, Journal } from '../ports/journal.ts';
import type { Meter } from '../ports/meter.ts';
import { createRounds } from '../rounds.ts';
import type { Case } from '../settle/case.ts';
import { createBuried, graveOf } from './buried.ts';
import { createEndings, type End, type EndingsOptions } from './endings.ts';
import { falselyTold } from './hindsight.ts';
import { type Judgement, judgeIncluded, judgeLost } from './judge.ts';
import { createJudging } from './judging.ts';
import { createOrphans, type OrphansOptions } from './orphans.ts';
import { createPace } from './pace.ts';
import {
  addAttempt,
  failureOf,
  foldSightings,
  newest,
  type Place,
  type Slot,
  type SlotSighting,
  slotKey,
} from './slot.ts';
import { createUnseen, type UnseenOptions } from './unseen.ts';

export type TrackerOptions<A extends Authorization> = EndingsOptions<A> &
  Pick<OrphansOptions<A>, 'worthAsking'> &
  Pick<UnseenOptions<A>, 'onGap' | 'onReopened'> & {
    readonly chain: Chain<A>;
    readonly journal: Journal;
    readonly clock: Clock;
    readonly meter: Meter;
    /** A payment that no open attempt carries any more and that may still be paid. */
    readonly onOrphan: (orphan: Case<A>) => void;
    /** A transaction of ours is final: what it cost the signer, in native units, and the payments it carried that had not ended. */
    readonly onCost: (attempt: Attempt, cost: bigint, share: bigint, cases: readonly Case<A>[]) => void;
    /** What the chain says of a payment now. */
    readonly ask: (authorization: A) => Promise<Verdict>;
    /** A transaction was mined at our cost, and this payment of those it carried failed. */
    readonly onWasted: (authorization: A) => void;
    /** Nodes refused bytes that they were given. */
    readonly onRefused: () => void;
    /** A look at the chain: why it gave no answer at all; undefined when it did, or when nobody looks any more. */
    readonly onLooked: (failure: string | undefined) => void;
    /** The nonce has its outcome. `superseded` means that it went to no transaction of ours. */
    readonly onResolved: (slot: Place, outcome: AttemptOutcome['status']) => void;
  };

export type Tracker<A extends Authorization> = {
  /** Hands an attempt to the network and watches it. Attempts for one nonce are watched together. */
  send(attempt: Attempt, cases: readonly Case<A>[]): void;
  /** Watches an attempt of an earlier process whose payments had all ended, and hands it over if it is not there. */
  resume(attempt: Attempt): void;
  /** Watches a payment that was prepared once and that no open attempt carries. */
  adopt(orphan: Case<A>): void;
  /** Looks once, now. */
  tick(): Promise<void>;
  /** Watches nothing any more: another process does. */
  forget(): void;
  stop(): Promise<void>;
};

type Seen = Exclude<SlotSighting, { status: 'unseen' }>;
/** A payment with what its transaction shows of it, and with what that means. */
type Found<A extends Authorization> = { readonly each: Case<A>; readonly proof: Proof | undefined };
type Judged<A extends Authorization> = { readonly each: Case<A>; readonly judgement: Judgement };

export function createTracker<A extends Authorization>(options: TrackerOptions<A>): Tracker<A> {
  const { chain, journal, clock, meter } = options;
  const { network } = chain;
  const slots = new Map<string, Slot<A>>();
  /** Nonces whose costs were told before everything was forgotten, and that the journal still held open then. */
  let metered: ReadonlySet<string> = new Set();
  const pace = createPace(chain.blockMs, () => chain.rhythm());
  const rounds = createRounds({
    clock,
    look,
    pause: () => pace.afterTick(oldestUnseen()),
    isIdle: () => slots.size === 0 && orphans.isEmpty(),
    onFault: failed,
  });
  const judging = createJudging({ clock });
  const endings = createEndings<A>(options);
  const orphans = createOrphans<A>({ ...options, endings, judging, onPayable: options.onOrphan });
  const buried = createBuried<A>({ chain, journal, clock, meter, onVanished });
  const judgeUnseen = createUnseen<A>({
    ...options,
    ...{ endings, broadcast, lookBack },
    isWatched: (place) => slots.has(slotKey(place)) || buried.has(place),
    // It may wait for a lower nonce that a reorganisation took away.
    onMissing: buried.suspect,
  });

  function failed(error: unknown): void {
    meter.record({ type: 'fault', network, detail: `tick failed: ${describeError(error)}` });
  }

  function onVanished(attempts: readonly Attempt[], inMemory: boolean): void {
    let slot: Slot<A> | undefined;
    for (const attempt of attempts)
      slot = addAttempt(slot, attempt, [], clock.milliseconds(), { told: 'vanished', inMemory });
    if (slot === undefined) return;
    slots.set(slotKey(slot), slot);
    options.onReopened(slot);
    void broadcast(slot);
  }

  async function broadcast(slot: Slot<A>): Promise<void> {
    const attempt = newest(slot);
    slot.sentAt = clock.milliseconds();
    const answer = await chain.broadcast(attempt);
    const detail = answer.status === 'accepted' ? '' : answer.detail;
    meter.record({ type: 'settle.broadcast', network, transaction: attempt.hash, outcome: answer.status, detail });
    for (const each of slot.cases) each.refused = answer.status === 'refused';
    if (answer.status === 'refused') options.onRefused();
    rounds.within(pace.afterBroadcast());
  }

  /** Milliseconds since the first bytes of what is not in any block yet. */
  function oldestUnseen(): number {
    const unseen = [...slots.values()].filter((slot) => slot.sightedAt === undefined);
    return clock.milliseconds() - Math.min(...unseen.map((slot) => slot.since));
  }

  async function look(): Promise<void> {
    const all = [...slots.values()].sort((a, b) => (a.nonce < b.nonce ? -1 : 1));
    const busy = new Set(all.filter((slot) => judging.has(slot)));
    const watched = all.filter((slot) => !busy.has(slot));
    const attempts = watched.flatMap((slot) => slot.attempts);
    const items = watched.flatMap((slot) => {
      const authorizations = slot.cases.map((each) => each.authorization);
      return slot.attempts.map(() => authorizations);
    });
    const sightings = attempts.length === 0 ? [] : await chain.observe(attempts, items);
    if (sightings.length > 0) options.onLooked(failureOf(sightings));
    const unseenSigners = new Set<string>();
    let from = 0;
    for (const slot of all) {
      if (busy.has(slot)) {
        if (slot.sightedAt === undefined) unseenSigners.add(slot.signer);
        continue;
      }
      const sighting = foldSightings(slot.attempts, sightings.slice(from, from + slot.attempts.length));
      from += slot.attempts.length;
      // Higher nonces of a signer are stuck because of the lowest.
      const lowest = sighting.status === 'unseen' && !unseenSigners.has(slot.signer);
      if (lowest) unseenSigners.add(slot.signer);
      judging.begin(slot, () => (sighting.status === 'unseen' ? judgeUnseen(slot, lowest) : judge(slot, sighting)));
    }
    orphans.judge();
    await judging.settled(failed);
  }

  async function judge(slot: Slot<A>, sighting: Seen): Promise<void> {
    if (sighting.status === 'included') {
      if (slot.sightedAt === undefined) pace.sighted(clock.milliseconds() - slot.since);
      slot.sightedAt ??= clock.milliseconds();
      if (!sighting.final) return;
    }
    const attempt = sighting.status === 'included' ? sighting.attempt : newest(slot);
    const outcome: AttemptOutcome =
      sighting.status === 'included'
        ? { status: 'included', block: sighting.block, cost: sighting.cost }
        : { status: 'superseded' };
    // Forgotten meanwhile: another process writes, or this one again, and has found in the journal what is left to do and to count.
    const isWatched = () => slots.get(slotKey(slot)) === slot;
    if (outcome.status === 'included' && isWatched() && !slot.accounted) {
      slot.accounted = true;
      const { cost } = outcome;
      // They all need about the same: a signature each, a balance or two.
      const share = cost / BigInt(Math.max(1, attempt.items.length));
      if (!metered.has(slotKey(slot)))
        meter.record({ type: 'settle.cost', network, transaction: attempt.hash, cost, share });
      options.onCost(attempt, cost, share, slot.cases);
    }
    const found = slot.cases.map((each, index) => ({ each, proof: proofsOf(sighting)[index] }));
    const paid = found.filter(({ proof }) => proof?.status === 'paid');
    const unpaid = found.filter(({ proof }) => proof?.status !== 'paid');
    // Who is paid does not wait for what has to be found out about the others.
    if (paid.length > 0 && unpaid.length > 0) await endEach(slot, endsOf(await judgeAll(slot, paid, sighting)));
    const judged = await judgeAll(slot, unpaid.length > 0 ? unpaid : paid, sighting);
    const ends = endsOf(judged);
    if (judged.some(({ judgement }) => judgement.status === 'undecided')) {
      // Absence needs proof: those without keep the attempt open. The others do not wait for them, and the nonce is used.
      await endEach(slot, ends);
      if (isWatched()) close(slot, outcome.status);
      return;
    }
    // While its block may vanish the attempt stays open, with its bytes; unless it keeps payments from being sent again.
    const mayVanish = outcome.status === 'included' && chain.reorgDepth > 0;
    const stays = mayVanish && ends.length === judged.length;
    if (stays) await endEach(slot, ends);
    else if (!slot.inMemory) await endings.endTogether(attempt, outcome, ends);
    if (slot.told !== undefined) await lookBack(slot, sighting);
    if (!isWatched()) return;
    slots.delete(slotKey(slot));
    if (sighting.status === 'included' && mayVanish) buried.add(graveOf(slot, sighting, !stays || slot.inMemory));
    for (const { each, judgement } of judged) if (judgement.status === 'payable') orphans.add(each);
    close(slot, outcome.status);
  }

  /** Ends some of a slot's payments, each by itself. */
  async function endEach(slot: Slot<A>, ends: readonly End<A>[]): Promise<void> {
    await endings.endEach(ends, (left) => {
      const over = new Set(ends.map(({ each }) => each).filter((each) => !left.includes(each)));
      slot.cases = slot.cases.filter((each) => !over.has(each));
    });
  }

  /** Its lane may go on, whatever becomes of the payments. */
  function close(slot: Slot<A>, outcome: AttemptOutcome['status']): void {
    if (slot.closed) return;
    slot.closed = true;
    options.onResolved(slot, outcome);
  }

  /** What callers were told of this nonce before still has to be true. */
  async function lookBack(slot: Slot<A>, sighting?: SlotSighting): Promise<void> {
    const made = sighting?.status === 'included' ? sighting.made : 0;
    const lie = await falselyTold(journal, slot.attempts, made);
    if (lie !== undefined) meter.record({ type: 'fault', network, detail: lie });
    else if (slot.told === 'vanished' && sighting?.status === 'included') {
      const { attempt, block } = sighting;
      meter.record({ type: 'settle.restored', network, transaction: attempt.hash, block });
    }
  }

  function judgeAll(slot: Slot<A>, found: readonly Found<A>[], sighting: Seen): Promise<readonly Judged<A>[]> {
    return Promise.all(
      found.map(async ({ each, proof }) => ({ each, judgement: await judgeCase(slot, each, proof, sighting) })),
    );
  }

  async function judgeCase(slot: Slot<A>, each: Case<A>, proof: Proof | undefined, sighting: Seen): Promise<Judgement> {
    if (sighting.status === 'superseded') return judgeLost(chain, each.authorization, newest(slot).hash);
    const { attempt, proofs } = sighting;
    const judgement = await judgeIncluded(chain, options.ask, each.authorization, sighting, proof);
    if (judgement.status === 'ended' && judgement.conclusion.state === 'failed') options.onWasted(each.authorization);
    // In company it may have been another's fault: the next time it goes with fewer, at last alone.
    if (judgement.status === 'payable')
      each.most = proofs.some(({ status }) => status === 'paid') ? 1 : Math.ceil(attempt.items.length / 2);
    return judgement;
  }

  function isSlotted(attempt: Attempt): boolean {
    return slots.get(slotKey(attempt))?.attempts.some(({ hash }) => hash === attempt.hash) ?? false;
  }

  return {
    send(attempt, cases) {
      if (isSlotted(attempt)) return;
      const told = cases.length < attempt.items.length ? 'recovered' : undefined;
      const slot = addAttempt(slots.get(slotKey(attempt)), attempt, cases, clock.milliseconds(), { told });
      slots.set(slotKey(attempt), slot);
      void broadcast(slot);
    },
    resume(attempt) {
      if (isSlotted(attempt)) return;
      const now = clock.milliseconds();
      const slot = addAttempt(slots.get(slotKey(attempt)), attempt, [], now, { told: 'recovered' });
      // Most of them are mined: not being there has to show first.
      slots.set(slotKey(attempt), { ...slot, sightedAt: now });
      rounds.within(pace.afterTick(0));
    },
    adopt(orphan) {
      orphans.add(orphan);
      rounds.within(pace.afterTick(oldestUnseen()));
    },
    tick: rounds.now,
    forget() {
      const told = [...slots.values()].filter((slot) => slot.accounted || metered.has(slotKey(slot)));
      metered = new Set([...told.map(slotKey), ...buried.keys()]);
      slots.clear();
      options.onLooked(undefined);
      orphans.forget();
      buried.forget();
    },
    async stop() {
      await rounds.stop();
      await judging.stop();
      await buried.stop();
    },
  };
}

function proofsOf(sighting: Seen): readonly Proof[] {
  return sighting.status === 'included' ? sighting.proofs : [];
}

function endsOf<A extends Authorization>(judged: readonly Judged<A>[]): readonly End<A>[] {
  return judged.flatMap(({ each, judgement }) =>
    judgement.status === 'ended' ? [{ each, conclusion: judgement.conclusion }] : [],
  );
}
