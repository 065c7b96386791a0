/** Nonces that nothing will ever use, unless it is made to: all later ones of their signer wait for them. */
import type { Authorization, Chain } from '../ports/chain.ts';
import type { Place } from './slot.ts';

/** Nodes keep few transactions of one sender: a count further back than this is not believed. */
const WIDEST = 64n;

/**
 * Those below `place` that the chain waits for and that no transaction of ours has: what had them was evicted from the pools, or
 * undone together with its block, and nobody here has its bytes.
 */
export async function gapsBelow<A extends Authorization>(
  chain: Pick<Chain<A>, 'floor'>,
  { signer, nonce }: Place,
  isOurs: (place: Place) => boolean,
): Promise<readonly Place[]> {
  // A node that cannot tell does not hold up what else can be done.
  const floor = await chain.floor(signer).catch(() => nonce);
  if (floor >= nonce || nonce - floor > WIDEST) return [];
  const places = Array.from({ length: Number(nonce - floor) }, (_, index) => ({
    signer,
    nonce: floor + BigInt(index),
  }));
  return places.filter((place) => !isOurs(place));
}
