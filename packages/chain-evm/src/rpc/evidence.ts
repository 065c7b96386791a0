/** The highest block that any answer given out so far speaks of. A node behind it must not say what has not happened. */
import type { Clock } from '@facilitator/engine';

export type Evidence = {
  floor(): bigint;
  /**
   * An answer speaks of this block. False when it cannot be there yet, by all that was seen before: then the answer is not to be
   * given out, unless another one says the same.
   */
  saw(block: bigint): boolean;
  /** The head of a node that is the only one, or whose blocks are recent. True when all goes on from there. */
  sawHead(head: bigint): boolean;
};

/** No honest chain needs longer to get back to where it was. */
const FORGET_MS = 600_000;
/** Blocks that a chain may be ahead of its usual pace: nodes catch up, and what the registry says of it is rough. */
const SLACK = 256n;
const FASTER = 4;

/** `blockMs`: milliseconds between blocks; 0 where the pace is not known, and no leap can be told. */
export function createEvidence(clock: Clock, blockMs: number): Evidence {
  let floor = 0n;
  let at = clock.milliseconds();
  /** A block that was told once and could not be there yet. */
  let doubtful: bigint | undefined;

  function isLeap(block: bigint): boolean {
    if (blockMs === 0 || floor === 0n) return false;
    const most = BigInt(Math.ceil((FASTER * (clock.milliseconds() - at)) / blockMs)) + SLACK;
    if (block <= floor + most) return false;
    const isTwice = doubtful !== undefined && block >= doubtful && block <= doubtful + SLACK;
    doubtful = block;
    return !isTwice;
  }

  return {
    floor: () => floor,
    saw(block) {
      if (block < floor) return true;
      if (isLeap(block)) return false;
      floor = block;
      at = clock.milliseconds();
      return true;
    },
    sawHead(head) {
      // A node once told of a block that never was: do not wait for it for ever.
      if (head >= floor || clock.milliseconds() - at <= FORGET_MS) return false;
      floor = head;
      at = clock.milliseconds();
      return true;
    },
  };
}
