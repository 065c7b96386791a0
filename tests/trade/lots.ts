/** Chance that is the same each time for the same seed. */
import { createHash } from 'node:crypto';

export type Lots = {
  /** From 0 to 1. */
  number(): number;
  /** From `least` to `most`. */
  between(least: number, most: number): number;
  one<T>(from: readonly T[]): T;
};

export function createLots(seed: string): Lots {
  let drawn = 0;
  function number(): number {
    drawn += 1;
    return createHash('sha256').update(`${seed}/${drawn}`).digest().readUIntBE(0, 6) / 2 ** 48;
  }
  return {
    number,
    between: (least, most) => least + number() * (most - least),
    one(from) {
      const chosen = from[Math.floor(number() * from.length)];
      if (chosen === undefined) throw new Error('nothing to choose from');
      return chosen;
    },
  };
}
