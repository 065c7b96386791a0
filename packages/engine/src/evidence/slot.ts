/** A nonce, and every transaction that was signed for it. At most one of them is ever included. */
import type { Attempt, Authorization, Sighting } from '../ports/chain.ts';
import type { Case } from '../settle/case.ts';

export type Slot<A extends Authorization> = Place & {
  /** Oldest first. Later ones replace earlier ones at higher fees; all keep being looked for. */
  attempts: readonly Attempt[];
  /** The payments it carries that are not final yet. */
  cases: readonly Case<A>[];
  /** Milliseconds of the clock: first bytes handed over, newest transaction signed, bytes last handed over. */
  readonly since: number;
  signedAt: number;
  sentAt: number;
  /** When one of its transactions was first seen in a block; undefined again when a reorganisation took it out. */
  sightedAt: number | undefined;
  /** Set when payments it carries had ended before it was watched: callers were told, and have to be right. */
  readonly told: 'vanished' | 'recovered' | undefined;
  /** Whether what it cost was told: once, also when it is final twice. */
  accounted: boolean;
  /** Whether it was missed, and said so. */
  missed: boolean;
  /** Whether its lane was told that the nonce is used, which it is before all of its payments are decided. */
  closed: boolean;
  /** The journal has given up the bytes, so nothing more can be stored for the nonce. */
  readonly inMemory: boolean;
};

/** One nonce of one signer. */
export type Place = Pick<Attempt, 'signer' | 'nonce'>;

export function slotKey({ signer, nonce }: Place): string {
  return `${signer}:${nonce}`;
}

/** The slot with one more attempt; a new one for the first. */
export function addAttempt<A extends Authorization>(
  slot: Slot<A> | undefined,
  attempt: Attempt,
  cases: readonly Case<A>[],
  now: number,
  { told, inMemory = false }: { readonly told?: Slot<A>['told']; readonly inMemory?: boolean } = {},
): Slot<A> {
  if (slot !== undefined) return { ...slot, attempts: [...slot.attempts, attempt], cases, signedAt: now, sentAt: now };
  const { signer, nonce } = attempt;
  const times = { since: now, signedAt: now, sentAt: now, sightedAt: undefined };
  const accounted = told === 'vanished';
  return {
    signer,
    nonce,
    attempts: [attempt],
    cases,
    ...times,
    told,
    accounted,
    missed: false,
    closed: false,
    inMemory,
  };
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
  const gone = sightings.every((sighting) => sighting.status === 'superseded');
  return { status: gone ? 'superseded' : 'unseen' };
}

/** Why a look was not answered at all; undefined when it was. */
export function failureOf(sightings: readonly Sighting[]): string | undefined {
  const failures = sightings.flatMap((each) => (each.status === 'unseen' && each.failure ? [each.failure] : []));
  return failures.length === sightings.length ? failures[0] : undefined;
}
