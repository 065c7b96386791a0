/** Decides before any cost whether a payment can be carried in time. A refusal here is better than a signature that rots. */
import type { Settlement } from '../engine.ts';
import type { Authorization, Chain } from '../ports/chain.ts';
import type { Clock } from '../ports/clock.ts';
import { notSent } from './answers.ts';

export type AdmissionOptions<A extends Authorization> = {
  readonly chain: Pick<Chain<A>, 'capacity' | 'blockMs' | 'untimely'>;
  readonly clock: Clock;
  /** Payments that wait for a lane. */
  readonly waiting: () => number;
  /** Transactions that all lanes together may have open. */
  readonly window: number;
};

/** Payments that may wait at once; more would only grow the memory and the wait. */
export const MOST_WAITING = 20_000;
/** A nonce is free again about a block and a half after its transaction was sent. */
const TURN_BLOCKS = 1.5;

/** `undefined` admits; otherwise the answer, with a time after which it is worth trying again. */
export function admit<A extends Authorization>(
  authorization: A,
  { chain, clock, waiting, window }: AdmissionOptions<A>,
): Settlement | undefined {
  const ahead = waiting();
  const perTurn = Math.max(1, window * chain.capacity());
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
