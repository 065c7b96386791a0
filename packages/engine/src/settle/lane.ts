/** One signer's way onto the chain: next nonce, signed bytes on disk, then the network. */
import type { Attempt, Authorization, Chain } from '../ports/chain.ts';
import type { Journal, Preparation } from '../ports/journal.ts';
import type { Meter } from '../ports/meter.ts';
import type { Case } from './case.ts';

export type LaneOptions<A extends Authorization> = {
  readonly chain: Chain<A>;
  readonly signer: string;
  readonly journal: Journal;
  readonly meter: Meter;
  /** Transactions that may be open at once. Nodes promise to keep 16 per sender. */
  readonly window: number;
  /** The next payments to carry, removed from the queue; empty when there are none. */
  readonly take: () => readonly Case<A>[];
  /** The journal has the attempt; the network does not yet. */
  readonly onPrepared: (attempt: Attempt, cases: readonly Case<A>[]) => void;
  /** Nothing was stored or sent, because the journal has other plans with some of them. The rest may try again. */
  readonly onGone: (gone: readonly Case<A>[], rest: readonly Case<A>[]) => void;
  /**
   * Nothing was sent. `stored`: `no` when the bytes could not be made, `unknown` when the journal failed: it may hold them
   * all the same.
   */
  readonly onStalled: (cases: readonly Case<A>[], error: unknown, stored: 'no' | 'unknown') => void;
};

export type Lane = {
  readonly signer: string;
  /** Nonces without an outcome. */
  inFlight(): number;
  /** Nonces it may still take before it waits. */
  room(): number;
  /** Learns where the chain's own count stands. Call before the first `pump`, and when a nonce was taken by others. */
  align(): Promise<void>;
  /** Carries payments while there are some and the window has room. */
  pump(): void;
  /** A nonce of this lane that has no outcome, known from the journal. */
  opened(nonce: bigint): void;
  /** The nonce has its outcome. */
  closed(nonce: bigint): void;
  /** Knows of no open nonce any more: another process writes. */
  forget(): void;
  /** Resolves when no journal write is under way. */
  idle(): Promise<void>;
};

export function createLane<A extends Authorization>(options: LaneOptions<A>): Lane {
  const { chain, signer, journal, meter } = options;
  let floor = 0n;
  const open = new Set<bigint>();
  /** Counts the times that everything was forgotten. */
  let turn = 0;
  let busy = false;
  let running: Promise<void> = Promise.resolve();

  async function carry(cases: readonly Case<A>[]): Promise<void> {
    const mine = turn;
    for (const each of cases) each.phase = 'signing';
    const authorizations = cases.map((each) => each.authorization);
    const items = cases.map(({ authorization, fingerprint }) => ({ id: authorization.anchor, fingerprint }));
    let signed = false;
    let preparation: Preparation;
    try {
      preparation = await journal.prepare({ network: chain.network, signer, floor }, items, async (nonce) => {
        const made = await chain.sign(signer, nonce, authorizations);
        signed = true;
        return made;
      });
    } catch (error) {
      options.onStalled(cases, error, signed ? 'unknown' : 'no');
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
    if (mine === turn) open.add(attempt.nonce);
    meter.record({
      type: 'settle.prepared',
      network: chain.network,
      transaction: attempt.hash,
      payments: items.map(({ id }) => id),
    });
    options.onPrepared(attempt, cases);
  }

  async function run(): Promise<void> {
    busy = true;
    try {
      while (open.size < options.window) {
        const cases = options.take();
        if (cases.length === 0) return;
        try {
          // One at a time: the next nonce is only known once this one is in the journal.
          await carry(cases);
        } catch {
          // Whoever took the payments back tries again later.
          return;
        }
      }
    } finally {
      // In the same turn as the last look at the queue, so that no payment arrives unseen in between.
      busy = false;
    }
  }

  return {
    signer,
    inFlight: () => open.size,
    room: () => Math.max(0, options.window - open.size),
    async align() {
      floor = await chain.floor(signer);
    },
    pump() {
      if (!busy) running = run();
    },
    opened(nonce) {
      open.add(nonce);
    },
    closed(nonce) {
      open.delete(nonce);
    },
    forget() {
      turn += 1;
      open.clear();
    },
    idle: () => running,
  };
}
