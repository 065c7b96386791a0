/** The highest block that any answer given out so far speaks of. A node behind it must not say what has not happened. */
import type { Clock } from '@facilitator/engine';

export type Evidence = {
  floor(): bigint;
  /** An answer that is given out speaks of this block. */
  saw(block: bigint): void;
  /** The head of a node whose blocks are recent. */
  sawRecent(head: bigint): void;
};

/** No honest chain needs longer to get back to where it was. */
const FORGET_MS = 600_000;

export function createEvidence(clock: Clock): Evidence {
  let floor = 0n;
  let at = clock.milliseconds();
  return {
    floor: () => floor,
    saw(block) {
      if (block < floor) return;
      floor = block;
      at = clock.milliseconds();
    },
    sawRecent(head) {
      // A node once told of a block that never was: do not wait for it for ever.
      if (head < floor && clock.milliseconds() - at > FORGET_MS) floor = head;
    },
  };
}
