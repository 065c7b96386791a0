/** The engine's settle answers, in one place so that the same event always reads the same. */
import type { Locator, Reason } from '@facilitator/protocol';
import type { Conflict, Settlement, Unavailable } from '../engine.ts';
import type { Authorization, Refusal } from '../ports/chain.ts';
import type { PaymentRecord } from '../ports/journal.ts';

type Undecided = { readonly id: undefined; readonly answer: Unavailable };

type Paid = Pick<Authorization, 'anchor' | 'payer' | 'amount'>;

export function settled(paid: Paid, transaction: string, locator: Locator): Settlement {
  return {
    id: paid.anchor,
    answer: { status: 'settled', payer: paid.payer, transaction, amount: paid.amount, locator },
  };
}

/** `refused`: nodes did not take the bytes when they were last given them. */
export function pending(paid: Paid, transaction: string, lately?: 'refused'): Settlement {
  const state =
    lately === 'refused'
      ? 'The transaction is signed, and the network refuses it at the moment; it is sent again by itself.'
      : 'The transaction is broadcast and not confirmed yet.';
  const message = `${state} Send the identical request again for the result.`;
  return {
    id: paid.anchor,
    answer: { status: 'pending', reason: 'settlement_pending', message, payer: paid.payer, transaction },
  };
}

export function failed(paid: Paid, reason: Reason, message: string, transaction: string): Settlement {
  return { id: paid.anchor, answer: { status: 'failed', reason, message, payer: paid.payer, transaction } };
}

/** Refused before it had an id. */
export function refused({ reason, message, payer }: Refusal): Settlement {
  const answer = { status: 'failed', reason, message, transaction: '' } as const;
  return { id: undefined, answer: payer === undefined ? answer : { ...answer, payer } };
}

export function duplicate(paid: Paid, why: string): Settlement {
  return failed(paid, 'duplicate_settlement', why, '');
}

/** Only says that the request may be repeated: an earlier one for the same payment may have sent it. */
export function unavailable(why: string, retryAfter: number): Undecided {
  return undecided(`${why} Send the identical request again.`, retryAfter);
}

/** The same where it is certain that the payment has not been sent. */
export function notSent(why: string, retryAfter: number): Undecided {
  return undecided(`${why} Nothing was sent. Send the identical request again.`, retryAfter);
}

/** The chain could not be asked. `detail` has no full stop. */
export function unchecked(detail: string): Undecided {
  return notSent(`The payment could not be checked: ${detail}.`, 2);
}

function undecided(message: string, retryAfter: number): Undecided {
  return { id: undefined, answer: { status: 'unavailable', message, retryAfter } };
}

export function keyConflict(): { id: undefined; answer: Conflict } {
  const message =
    'This idempotency key was used for another payment. Use a new key, or send the first request unchanged.';
  return { id: undefined, answer: { status: 'conflict', message } };
}

/** What the journal's final record says. `undefined` while it is not final. */
export function finalAnswer(record: PaymentRecord): Settlement | undefined {
  const paid = { anchor: record.id, payer: record.payer, amount: record.amount };
  if (record.state === 'settled' && record.transaction !== undefined && record.locator !== undefined)
    return settled(paid, record.transaction, record.locator);
  if (record.state === 'failed' && record.reason !== undefined)
    return failed(paid, record.reason, record.message ?? '', record.transaction ?? '');
  return undefined;
}
