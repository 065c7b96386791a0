/**
 * Transactions that are final by the confirmation policy, and whose blocks can vanish all the same. They stay open in the
 * journal, with their bytes, until they lie as deep as reorganisations are looked for.
 */
import { describeError } from '../describe-error.ts';
import type { Attempt, Authorization, BlockId, Chain } from '../ports/chain.ts';
import type { Clock } from '../ports/clock.ts';
import type { AttemptOutcome, Journal } from '../ports/journal.ts';
import type { Meter } from '../ports/meter.ts';
import { createRounds } from '../rounds.ts';
import { type Place, type Slot, type SlotSighting, slotKey } from './slot.ts';

export type Grave = Pick<Attempt, 'hash' | 'signer' | 'nonce'> &
  BlockId & {
    readonly outcome: Extract<AttemptOutcome, { status: 'included' }>;
    /** All attempts of the nonce where the journal has given up their bytes already; else it has them. */
    readonly attempts: readonly Attempt[] | undefined;
  };

/** `resolved`: the journal has given up its bytes. */
export function graveOf<A extends Authorization>(
  { signer, nonce, attempts }: Slot<A>,
  { attempt, block, blockHash, cost }: Extract<SlotSighting, { status: 'included' }>,
  resolved: boolean,
): Grave {
  const outcome = { status: 'included', block, cost } as const;
  return { hash: attempt.hash, signer, nonce, block, blockHash, outcome, attempts: resolved ? attempts : undefined };
}

export type BuriedOptions<A extends Authorization> = {
  readonly chain: Chain<A>;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly meter: Meter;
  /** Its block is gone: all attempts of its nonce, oldest first, are to be watched again. `inMemory`: the journal has them no more. */
  readonly onVanished: (attempts: readonly Attempt[], inMemory: boolean) => void;
};

export type Buried = {
  add(grave: Grave): void;
  has(place: Place): boolean;
  /** The nonces it watches, as `slotKey` writes them. */
  keys(): Iterable<string>;
  /** Looks soon: something hints at a reorganisation. */
  suspect(): void;
  /** Watches nothing any more: another process does. */
  forget(): void;
  stop(): Promise<void>;
};

/** Looks at a block until it lies deep enough. Between two of them a reorganisation goes unnoticed, if nothing hints at it. */
const LOOKS = 4;
const LEAST_PAUSE_MS = 1_000;

export function createBuried<A extends Authorization>(options: BuriedOptions<A>): Buried {
  const { chain, journal, clock, meter } = options;
  const { network, blockMs, reorgDepth } = chain;
  const graves = new Map<string, Grave>();
  const pauseMs = Math.max(LEAST_PAUSE_MS, (reorgDepth * blockMs) / LOOKS);
  const rounds = createRounds({
    clock,
    look,
    pause: () => pauseMs,
    isIdle: () => graves.size === 0,
    onFault(error) {
      const detail = `what lies below the newest blocks could not be watched: ${describeError(error)}`;
      meter.record({ type: 'fault', network, detail });
    },
  });

  async function look(): Promise<void> {
    const byBlock = Map.groupBy(graves.values(), ({ blockHash }) => blockHash);
    const blocks = [...byBlock.values()].flatMap(([grave]) => grave ?? []);
    const standings = await chain.standing(blocks);
    const inBlocks = (wanted: 'deep' | 'gone') =>
      blocks.flatMap(({ blockHash }, index) => (standings[index] === wanted ? (byBlock.get(blockHash) ?? []) : []));
    // Whoever took over meanwhile finds them in the journal.
    const mine = (grave: Grave) => graves.get(slotKey(grave)) === grave;
    await exhume(inBlocks('gone').filter(mine));
    await Promise.all(inBlocks('deep').filter(mine).map(settle));
  }

  /** It stays where it is. */
  async function settle(grave: Grave): Promise<void> {
    if (grave.attempts === undefined) await journal.resolve(grave.hash, grave.outcome, []);
    if (graves.get(slotKey(grave)) === grave) graves.delete(slotKey(grave));
  }

  async function exhume(gone: readonly Grave[]): Promise<void> {
    if (gone.length === 0) return;
    const { attempts } = await journal.unfinished(network);
    const kept = Map.groupBy(attempts, slotKey);
    // Lower nonces first: later ones wait for them.
    for (const grave of gone.toSorted((a, b) => (a.nonce < b.nonce ? -1 : 1))) {
      if (graves.get(slotKey(grave)) !== grave) continue;
      graves.delete(slotKey(grave));
      meter.record({ type: 'settle.vanished', network, transaction: grave.hash, block: grave.block });
      const found = grave.attempts ?? kept.get(slotKey(grave));
      if (found !== undefined) options.onVanished(found, grave.attempts !== undefined);
    }
  }

  return {
    add(grave) {
      graves.set(slotKey(grave), grave);
      rounds.within(pauseMs);
    },
    has: (place) => graves.has(slotKey(place)),
    keys: () => graves.keys(),
    suspect: () => rounds.within(0),
    forget() {
      graves.clear();
    },
    stop: rounds.stop,
  };
}
