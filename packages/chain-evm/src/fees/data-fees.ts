/** What rollups charge for a payment's data on the chain below, beside its gas: asked for at the start, then learned from receipts. */
import type { Clock } from '@facilitator/engine';

export type DataFees = {
  /** A transaction with so many payments was charged `wei` for its data. */
  learn(wei: bigint, payments: number): void;
  /** Wei that the data of one payment costs now; undefined when nothing recent is known. */
  current(): bigint | undefined;
  /** Wei that it may cost at most by the time it is sent; 0 where nothing was ever charged. */
  most(): bigint;
};

/** The highest of this time counts. After it a high fee is forgotten, so that a payment may find out whether it still holds. */
const MEMORY_MS = 600_000;

export function createDataFees(clock: Pick<Clock, 'milliseconds'>): DataFees {
  let known: { readonly wei: bigint; readonly at: number } | undefined;

  const isRecent = () => known !== undefined && clock.milliseconds() - known.at <= MEMORY_MS;

  return {
    learn(total, payments) {
      const wei = total / BigInt(Math.max(1, payments));
      if (known !== undefined && isRecent() && wei < known.wei) return;
      known = { wei, at: clock.milliseconds() };
    },
    current: () => (isRecent() ? known?.wei : undefined),
    // It may double from one block of the chain below to the next few.
    most: () => (known?.wei ?? 0n) * 2n,
  };
}
