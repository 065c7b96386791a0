/** Who may share a transaction with a payment. Strictest first. */
export const BATCHINGS = ['off', 'per-payee', 'auto'] as const;

/**
 * `off`       it travels alone
 * `per-payee` only payments to the same payee travel with it
 * `auto`      whoever is on the way
 */
export type Batching = (typeof BATCHINGS)[number];

export function isBatching(value: unknown): value is Batching {
  return BATCHINGS.some((each) => each === value);
}

/** What satisfies both: the facilitator's rule and the payment's own. */
export function stricter(one: Batching, other: Batching): Batching {
  return BATCHINGS.indexOf(one) < BATCHINGS.indexOf(other) ? one : other;
}
