/** Decides before any cost whether a payment can be carried in time and paid for. A refusal here is better than a signature that rots. */
import type { Settlement } from '../engine.ts';
import type { Authorization, Chain } from '../ports/chain.ts';
import type { Clock } from '../ports/clock.ts';
import type { Meter } from '../ports/meter.ts';
import type { Budget, Carried } from '../spending/budget.ts';
import type { Purses } from '../spending/purses.ts';
import { notSent } from './answers.ts';
import type { Case } from './case.ts';

export type AdmissionOptions<A extends Authorization> = {
  readonly chain: Pick<Chain<A>, 'network' | 'signers' | 'capacity' | 'blockMs' | 'untimely' | 'ceiling' | 'tooDear'>;
  readonly clock: Pick<Clock, 'now' | 'milliseconds'>;
  readonly meter: Meter;
  /** Payments that wait for a lane, here or at the process that has lanes. */
  readonly waiting: () => number | Promise<number>;
  /** Transactions that all lanes together may have open. */
  readonly window: () => number;
  readonly purses: Pick<Purses, 'allDry' | 'look'>;
  readonly budget: Pick<Budget, 'reserve'>;
};

/** Payments that may wait at once; more would only grow the memory and the wait. */
export const MOST_WAITING = 20_000;
/** A nonce is free again about a block and a half after its transaction was sent. */
const TURN_BLOCKS = 1.5;
/** Seconds after which it is worth asking again: somebody has to fund a key, or a market to calm down. */
const DRY_RETRY = 30;
const DEAR_RETRY = 30;
/** Milliseconds between two questions whether a dry key was funded, however many payments come; a few come early. */
const LOOK_AGAIN_MS = 2_000;
const EARLY_LOOKS = 5;
/** Seconds between two events about one budget: a crowd that is turned away must not fill the log. */
const TELL_AGAIN = 60n;

/** Answers come with a time after which it is worth trying again. */
export type Admission<A extends Authorization> = {
  /** `undefined` admits; otherwise the answer. */
  admit(authorization: A): Promise<Settlement | undefined>;
  /** Reserves what the payment may cost until it leaves; otherwise the answer. */
  book(kase: Case<A>, carried: Carried): Settlement | undefined;
};

export function createAdmission<A extends Authorization>(options: AdmissionOptions<A>): Admission<A> {
  const { chain, clock, meter, purses, budget } = options;
  const { network } = chain;
  /** When it was last told that a budget has no room. */
  const toldAt = { network: 0n - TELL_AGAIN, caller: 0n - TELL_AGAIN };

  /** The last question that payments made, and when the next one would be due. */
  let look = Promise.resolve();
  let lookDue = 0;

  async function crowded(authorization: A): Promise<Settlement | undefined> {
    const ahead = await options.waiting();
    const perTurn = Math.max(1, options.window() * chain.capacity());
    const turnMs = chain.blockMs * TURN_BLOCKS;
    // Whoever fits into the next turn does not wait.
    const waitSeconds = Math.ceil((Math.floor(ahead / perTurn) * turnMs) / 1000);
    if (ahead >= MOST_WAITING)
      return notSent(`Too many payments wait on this network: ${ahead}.`, Math.max(1, waitSeconds));
    if (waitSeconds === 0) return undefined;
    const then = clock.now() + BigInt(waitSeconds);
    if (chain.untimely(authorization, then) === undefined || chain.untimely(authorization, clock.now()) !== undefined)
      return undefined;
    return notSent(
      `${ahead} payments wait on this network, about ${waitSeconds} s, and the authorization could expire meanwhile.`,
      waitSeconds,
    );
  }

  async function dry(): Promise<Settlement | undefined> {
    if (!purses.allDry()) return undefined;
    // It may have been funded a moment ago.
    const now = clock.milliseconds();
    if (now >= lookDue - EARLY_LOOKS * LOOK_AGAIN_MS) {
      lookDue = Math.max(lookDue, now) + LOOK_AGAIN_MS;
      look = purses.look();
    }
    await look;
    return purses.allDry() ? notSent(`${sentence(whyDry(chain))}`, DRY_RETRY) : undefined;
  }

  function dear(authorization: A): Settlement | undefined {
    const why = chain.tooDear(authorization);
    if (why === undefined) return undefined;
    return notSent(`Settling on ${network} costs more now than is allowed here: ${why}.`, DEAR_RETRY);
  }

  function book(kase: Case<A>, carried: Carried): Settlement | undefined {
    const booking = budget.reserve(chain.ceiling(kase.authorization), kase.caller, carried);
    if (booking.status === 'reserved') {
      kase.reservation = booking.reservation;
      return undefined;
    }
    const { whose, retryAfter } = booking;
    const now = clock.now();
    if (now >= toldAt[whose] + TELL_AGAIN) {
      toldAt[whose] = now;
      meter.record({ type: 'budget.exhausted', network, whose });
    }
    const budgetOf = whose === 'network' ? 'The gas budget' : 'Your share of the gas budget';
    return notSent(`${budgetOf} of ${network} for 24 hours is used up.`, retryAfter);
  }

  return {
    book,
    admit: async (authorization) => (await crowded(authorization)) ?? (await dry()) ?? dear(authorization),
  };
}

/** For people; starts a sentence or follows a colon. */
export function whyDry({ network, signers }: Pick<Chain<Authorization>, 'network' | 'signers'>): string {
  const keys = signers.length === 1 ? 'the key that pays has not' : 'none of the keys that pay has';
  return `${keys} enough for gas on ${network}: fund ${signers.join(' or ')}`;
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
