/** One signer's way onto the chain: next nonce, signed bytes on disk, then the network. */
import { describeError } from '../describe-error.ts';
import type { Attempt, Authorization, Chain } from '../ports/chain.ts';
import type { Clock } from '../ports/clock.ts';
import type { Journal, Preparation } from '../ports/journal.ts';
import type { Meter } from '../ports/meter.ts';
import type { Purses } from '../spending/purses.ts';
import type { Case } from './case.ts';

export type LaneOptions<A extends Authorization> = {
  readonly chain: Chain<A>;
  readonly signer: string;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly meter: Meter;
  /** Transactions that may be open at once. Nodes promise to keep 16 per sender. */
  readonly window: number;
  readonly purses: Pick<Purses, 'isDry' | 'spare'>;
  /**
   * The next payments to carry, removed from the queue; empty when there are none. `most`: native units that they may cost
   * together, but for the first.
   */
  readonly take: (most: bigint | undefined) => readonly Case<A>[];
  /** The journal has the attempt; the network does not yet. */
  readonly onPrepared: (attempt: Attempt, cases: readonly Case<A>[]) => void;
  /** Nothing was stored or sent, because the journal has other plans with some of them. The rest may try again. */
  readonly onGone: (gone: readonly Case<A>[], rest: readonly Case<A>[]) => void;
  /**
   * Nothing was sent. `hash`: the transaction that the journal may hold all the same, for it failed when it was given the
   * bytes. The lane rests; others may carry them at once.
   */
  readonly onStalled: (cases: readonly Case<A>[], error: unknown, hash: string | undefined) => void;
  /** It may be pumped again. */
  readonly onRested: () => void;
};

export type Lane = {
  readonly signer: string;
  /** Nonces without an outcome. */
  inFlight(): number;
  /** Nonces it may use at once; 0 while its signer is dry or rests. */
  window(): number;
  /** How many of them it may still take before it waits. */
  room(): number;
  /** Why its signer does not sign; undefined unless it rests because of that. */
  trouble(): string | undefined;
  /** Learns where the chain's own count stands. Call before the first `pump`, and when a nonce was taken by others. */
  align(): Promise<void>;
  /** Carries payments while there are some, the window has room, and the signer signs and can pay. */
  pump(): void;
  /** Uses this nonce for nothing: later ones wait for it, and no transaction has it. */
  fill(gap: bigint): void;
  /** A nonce of this lane that has no outcome, known from the journal, and what it may cost in native units. */
  opened(nonce: bigint, worth: bigint): void;
  /** The nonce has its outcome. */
  closed(nonce: bigint): void;
  /** Knows of no open nonce any more: another process writes. */
  forget(): void;
  /** Resolves when no journal write is under way. */
  idle(): Promise<void>;
};

/** The pause after a failure, in milliseconds. It doubles while the signer goes on failing, so that others get the work. */
const LEAST_REST_MS = 1_000;
const MOST_REST_MS = 60_000;

export function createLane<A extends Authorization>(options: LaneOptions<A>): Lane {
  const { chain, signer, journal, clock, meter, purses } = options;
  const { network } = chain;
  let floor = 0n;
  /** Open nonces and what each may cost, in native units. */
  const open = new Map<bigint, bigint>();
  /** Nonces to be filled before anything else is carried. */
  const gaps = new Set<bigint>();
  /** Counts the times that everything was forgotten. */
  let turn = 0;
  let busy = false;
  let running: Promise<void> = Promise.resolve();
  let resting = false;
  /** The chain's own count is being asked for: nothing is signed with what was known of it. */
  let astray = false;
  let restMs = LEAST_REST_MS;
  let trouble: string | undefined;

  async function carry(cases: readonly Case<A>[], gap?: bigint): Promise<void> {
    const mine = turn;
    for (const each of cases) each.phase = 'signing';
    const authorizations = cases.map((each) => each.authorization);
    const items = cases.map(({ authorization, fingerprint }) => ({ id: authorization.anchor, fingerprint }));
    const signing: { asked: boolean; hash?: string } = { asked: false };
    let preparation: Preparation;
    try {
      const key = { network, signer, floor, ...(gap !== undefined && { gap }) };
      preparation = await journal.prepare(key, items, async (nonce) => {
        signing.asked = true;
        const made = await chain.sign(signer, nonce, authorizations);
        signing.hash = made.hash;
        signs();
        return made;
      });
    } catch (error) {
      const isSigner = signing.asked && signing.hash === undefined;
      rest(isSigner ? describeError(error) : undefined);
      options.onStalled(cases, error, signing.hash);
      throw error;
    }
    if (preparation.status === 'gone') {
      const gone = new Set(preparation.ids);
      const isGone = (each: Case<A>) => gone.has(each.authorization.anchor);
      return options.onGone(
        cases.filter(isGone),
        cases.filter((each) => !isGone(each)),
      );
    }
    const { attempt } = preparation;
    if (mine === turn) open.set(attempt.nonce, worthOf(chain, authorizations));
    meter.record({
      type: 'settle.prepared',
      network,
      transaction: attempt.hash,
      payments: items.map(({ id }) => id),
    });
    options.onPrepared(attempt, cases);
  }

  async function run(): Promise<void> {
    busy = true;
    try {
      // One at a time: the next nonce is only known once this one is in the journal.
      for (const gap of gaps) {
        if (!works()) return;
        gaps.delete(gap);
        await carry([], gap);
      }
      while (open.size < options.window && mayTake()) {
        const cases = options.take(spare());
        if (cases.length === 0) return;
        await carry(cases);
      }
    } catch {
      // Whoever took the payments back tries again later.
    } finally {
      // In the same turn as the last look at the queue, so that no payment arrives unseen in between.
      busy = false;
    }
  }

  function mayTake(): boolean {
    return works() && !astray && (spare() ?? 0n) >= 0n;
  }

  function works(): boolean {
    return !resting && !purses.isDry(signer);
  }

  /** What it may spend although everything that is open costs all it may: nodes count like that. */
  function spare(): bigint | undefined {
    const held = purses.spare(signer);
    return held === undefined ? undefined : held - [...open.values()].reduce((sum, worth) => sum + worth, 0n);
  }

  /** `why`: the signer failed; without it something else did. */
  function rest(why: string | undefined): void {
    resting = true;
    const ms = why === undefined ? LEAST_REST_MS : restMs;
    if (why !== undefined) {
      restMs = Math.min(restMs * 2, MOST_REST_MS);
      if (trouble === undefined) meter.record({ type: 'signer.failing', network, signer, detail: why });
      trouble = why;
    }
    clock.after(ms, () => {
      resting = false;
      options.onRested();
    });
  }

  function signs(): void {
    restMs = LEAST_REST_MS;
    if (trouble !== undefined) meter.record({ type: 'signer.signs', network, signer });
    trouble = undefined;
  }

  return {
    signer,
    inFlight: () => open.size,
    window: () => (works() ? options.window : 0),
    room: () => (mayTake() ? Math.max(0, options.window - open.size) : 0),
    trouble: () => trouble,
    async align() {
      astray = true;
      floor = await chain.floor(signer);
      astray = false;
    },
    pump() {
      if (!busy) running = run();
    },
    fill(gap) {
      if (open.has(gap)) return;
      gaps.add(gap);
      if (!busy) running = run();
    },
    opened(nonce, worth) {
      open.set(nonce, worth);
    },
    closed(nonce) {
      open.delete(nonce);
    },
    forget() {
      turn += 1;
      open.clear();
      gaps.clear();
    },
    idle: () => running,
  };
}

/** What settling these payments may cost now, in native units. */
export function worthOf<A extends Authorization>(chain: Pick<Chain<A>, 'ceiling'>, items: readonly A[]): bigint {
  return items.reduce((sum, item) => sum + chain.ceiling(item), 0n);
}
