/** Payments that are refused whatever the chain would say of them, because settling them is worth nothing to anybody. */
import type { Authorization, Refusal } from '../ports/chain.ts';

/**
 * A payment of nothing costs gas and moves no money: whoever may call could have it sent for ever. A payment from the payee to
 * itself is taken: it is how people try a set-up out, it needs money, and budgets bound it like any other.
 */
export function worthless({ amount, payer }: Authorization): Refusal | undefined {
  if (amount > 0n) return undefined;
  const message = 'The payment is for an amount of 0. Settling it would cost gas and move nothing.';
  return { status: 'refused', reason: 'invalid_payment_amount', message, payer };
}
