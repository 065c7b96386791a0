/** Bytes that nobody has seen: handed over again, at a higher fee in the end, and asked whether they can still pay. */
import type { Authorization, Chain } from '../ports/chain.ts';
import type { Clock } from '../ports/clock.ts';
import type { Journal } from '../ports/journal.ts';
import type { Meter } from '../ports/meter.ts';
import type { Case } from '../settle/case.ts';
import type { Endings } from './endings.ts';
import { gapsBelow } from './gaps.ts';
import { judgeLost } from './judge.ts';
import { newest, type Place, type Slot } from './slot.ts';

export type UnseenOptions<A extends Authorization> = {
  readonly chain: Chain<A>;
  readonly journal: Pick<Journal, 'replace'>;
  readonly clock: Clock;
  readonly meter: Meter;
  readonly endings: Pick<Endings<A>, 'end'>;
  readonly broadcast: (slot: Slot<A>) => Promise<void>;
  /** What callers were told of this nonce before still has to be true. */
  readonly lookBack: (slot: Slot<A>) => Promise<void>;
  /** Whether a transaction of ours has this nonce, as far as it is watched. */
  readonly isWatched: (place: Place) => boolean;
  /** It should have been seen by now. */
  readonly onMissing: () => void;
  /** Later ones wait for this nonce, and no transaction of ours has it. */
  readonly onGap: (gap: Place) => void;
  /** A nonce that had its outcome has none any more: a reorganisation took its transaction away. */
  readonly onReopened: (place: Place) => void;
};

/** Blocks without a sighting after which the same bytes are handed to the network again. */
const REBROADCAST_AFTER_BLOCKS = 4;
/** Blocks without a sighting after which the lowest nonce is replaced at a higher fee, and the least time that takes. */
const REPLACE_AFTER_BLOCKS = 6;
const REPLACE_AFTER_LEAST_MS = 10_000;

/** `lowest`: no lower nonce of its signer is unseen. */
export function createUnseen<A extends Authorization>(
  options: UnseenOptions<A>,
): (slot: Slot<A>, lowest: boolean) => Promise<void> {
  const { chain, journal, clock, meter, endings, broadcast } = options;
  const replaceAfterMs = Math.max(REPLACE_AFTER_LEAST_MS, chain.blockMs * REPLACE_AFTER_BLOCKS);
  /** After this a transaction whose payments callers were told about is missed. */
  const missedAfterMs = Math.max(replaceAfterMs, chain.blockMs * chain.reorgDepth);

  /** Answers whether it was replaced. */
  async function replace(slot: Slot<A>): Promise<boolean> {
    const stuck = newest(slot);
    // Payments that callers were told about are carried on, whatever else it carried.
    const items = slot.told === undefined ? slot.cases.map((each) => each.authorization) : 'same';
    const signed = await chain.replace(stuck, items);
    if (signed === undefined) return false;
    const attempt = await journal.replace(stuck.hash, signed);
    meter.record({ type: 'settle.replaced', network: chain.network, transaction: attempt.hash, replaced: stuck.hash });
    slot.attempts = [...slot.attempts, attempt];
    for (const each of slot.cases) each.transaction = attempt.hash;
    await broadcast(slot);
    return true;
  }

  /** Ends a payment for which the chain itself gives the proof; false when it gives none. */
  async function endLost(each: Case<A>, hash: string): Promise<boolean> {
    const judgement = await judgeLost(chain, each.authorization, hash);
    if (judgement.status !== 'ended') return false;
    await endings.end({ each, conclusion: judgement.conclusion });
    return true;
  }

  return async (slot, lowest) => {
    slot.sightedAt = undefined;
    if (slot.closed) {
      slot.closed = false;
      options.onReopened(slot);
    }
    const now = clock.milliseconds();
    if (lowest && now - slot.signedAt >= replaceAfterMs) {
      slot.signedAt = now;
      const gaps = await gapsBelow(chain, slot, options.isWatched);
      for (const gap of gaps) options.onGap(gap);
      // A higher fee does not help what waits for a lower nonce.
      if (gaps.length === 0 && !slot.inMemory && (await replace(slot))) return;
    }
    if (slot.told !== undefined && !slot.missed && now - slot.since > missedAfterMs) {
      slot.missed = true;
      await options.lookBack(slot);
    }
    if (now - slot.sentAt < chain.blockMs * REBROADCAST_AFTER_BLOCKS) return;
    options.onMissing();
    await broadcast(slot);
    const left: Case<A>[] = [];
    for (const each of slot.cases) {
      const over = each.authorization.expires <= clock.now();
      if (!over || !(await endLost(each, newest(slot).hash))) left.push(each);
    }
    // The nonce itself stays open: it has to be used before later ones can be.
    slot.cases = left;
  };
}
