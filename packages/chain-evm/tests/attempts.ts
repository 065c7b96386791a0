/** Transactions on their way, as the engine would have them. */
import type { Attempt, Sighting } from '@facilitator/engine';
import type { Wallet } from '@facilitator/testing';
import type { EvmAuthorization, EvmChain } from '../src/index.ts';
import { decoded, type Stage } from './stage.ts';

export type Attempts = {
  readonly attempts: readonly Attempt[];
  /** What each carries. */
  readonly items: readonly (readonly EvmAuthorization[])[];
};

export type Wanted = {
  readonly attempts: number;
  /** Payments in each; 1 unless given. */
  readonly each?: number;
  /** The stage's own unless given. */
  readonly chain?: EvmChain;
  /** False leaves them unsent. */
  readonly sent?: boolean;
};

/** Signed with the signer's next nonces and handed over in order. */
export async function attemptsFor(stage: Stage, payer: Wallet, wanted: Wanted): Promise<Attempts> {
  const { attempts: count, each = 1, chain = stage.chain, sent = true } = wanted;
  const signer = stage.operator.address;
  const floor = await chain.floor(signer);
  const attempts: Attempt[] = [];
  const items: (readonly EvmAuthorization[])[] = [];
  for (let index = 0; index < count; index += 1) {
    const payments = await Promise.all(Array.from({ length: each }, () => stage.pay(payer, { value: 1n })));
    const carried = payments.map((payment) => decoded(chain.decode(payment)));
    const nonce = floor + BigInt(index);
    const signed = await chain.sign(signer, nonce, carried);
    attempts.push({
      ...{ ...signed, network: chain.network, signer, nonce },
      items: carried.map(({ anchor }) => anchor),
    });
    items.push(carried);
  }
  for (const attempt of sent ? attempts : []) {
    const answer = await chain.broadcast(attempt);
    if (answer.status !== 'accepted') throw new Error(answer.detail);
  }
  return { attempts, items };
}

export function included(sighting: Sighting | undefined): Extract<Sighting, { status: 'included' }> {
  if (sighting?.status !== 'included') throw new Error(`expected an inclusion, saw ${JSON.stringify(sighting)}`);
  return sighting;
}

/** How often each status was seen. */
export function tally(sightings: readonly Sighting[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { status } of sightings) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}
