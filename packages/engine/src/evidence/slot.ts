/** One nonce of one signer, and every transaction that was signed for it. At most one of them is ever included. */
import type { Attempt, Authorization, Sighting } from '../ports/chain.ts';
import type { Case } from '../settle/case.ts';

export type Slot<A extends Authorization> = {
  readonly signer: string;
  readonly nonce: bigint;
  /** Oldest first. The newest is a replacement with higher fees; all keep being looked for. */
  attempts: readonly Attempt[];
  /** The payments it carries that are not final yet. */
  cases: readonly Case<A>[];
  /** Milliseconds of the clock when the first bytes were handed over, and when bytes last were. */
  readonly since: number;
  sentAt: number;
};

export function slotKey({ signer, nonce }: Pick<Attempt, 'signer' | 'nonce'>): string {
  return `${signer}:${nonce}`;
}

/** The newest transaction of the slot: the one that is handed over. */
export function newest<A extends Authorization>(slot: Slot<A>): Attempt {
  const attempt = slot.attempts.at(-1);
  if (attempt === undefined) throw new Error(`slot ${slotKey(slot)} has no attempt`);
  return attempt;
}

/** What was seen of a slot: which of its transactions is included, or that the nonce went to none of them. */
export type SlotSighting =
  | { readonly status: 'unseen' }
  | { readonly status: 'superseded' }
  | (Extract<Sighting, { status: 'included' }> & { readonly attempt: Attempt });

export function foldSightings(attempts: readonly Attempt[], sightings: readonly Sighting[]): SlotSighting {
  for (const [index, attempt] of attempts.entries()) {
    const sighting = sightings[index];
    if (sighting === undefined) throw new Error(`no sighting for ${attempt.hash}`);
    if (sighting.status === 'included') return { ...sighting, attempt };
  }
  return sightings.every((sighting) => sighting.status === 'superseded')
    ? { status: 'superseded' }
    : { status: 'unseen' };
}
