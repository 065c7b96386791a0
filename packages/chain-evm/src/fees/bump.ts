/** The offer that takes the place of an earlier one for the same nonce. */
import type { Fees } from './fee-book.ts';

/**
 * Nodes want a tenth more, on the cap and on the tip; anvil's and geth's defaults are met with an eighth. `now`: what a new
 * transaction would offer. Undefined when that is above `ceiling` (wei per gas), or when the two are of different kinds.
 */
export function bump(before: Fees, now: Fees, ceiling: bigint): Fees | undefined {
  if (before.type === 'legacy' && now.type === 'legacy') {
    const gasPrice = higher(raised(before.gasPrice), now.gasPrice);
    return gasPrice > ceiling ? undefined : { type: 'legacy', gasPrice };
  }
  if (before.type === 'eip1559' && now.type === 'eip1559') {
    const maxFeePerGas = higher(raised(before.maxFeePerGas), now.maxFeePerGas);
    const maxPriorityFeePerGas = higher(raised(before.maxPriorityFeePerGas), now.maxPriorityFeePerGas);
    return maxFeePerGas > ceiling ? undefined : { type: 'eip1559', maxFeePerGas, maxPriorityFeePerGas };
  }
  return undefined;
}

/** An eighth more, rounded up, and at least one wei. */
function raised(wei: bigint): bigint {
  return wei + wei / 8n + 1n;
}

function higher(a: bigint, b: bigint): bigint {
  if (a > b) return a;
  return b;
}
