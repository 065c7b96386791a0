/**
 * Answers on the wire. The official fields are exactly those of the caller's version. Beside them stand the names that
 * clients in use read instead; parsers of the official forms ignore those.
 */
import type { Payment, SettleAnswer, VerifyAnswer } from '../payment.ts';
import { wireReason } from '../reasons.ts';

/** What an answer must know of its question: a `Payment` or a refused request will do. */
export type Caller = Pick<Payment, 'version' | 'spelling'>;

type Json = Readonly<Record<string, unknown>>;

/** The body of a verify answer. v1 adds `valid` and `reason`. */
export function encodeVerifyAnswer({ version }: Pick<Caller, 'version'>, answer: VerifyAnswer): Json {
  if (answer.status === 'valid') {
    return { isValid: true, payer: answer.payer, ...(version === 1 ? { valid: true } : {}) };
  }
  const reason = wireReason(answer.reason, version);
  return {
    isValid: false,
    invalidReason: reason,
    invalidMessage: answer.message,
    ...payerOf(answer, version),
    ...(version === 1 ? { valid: false, reason } : {}),
  };
}

/**
 * The body of a settle answer. `success`, `transaction` and `network` are always there. `payer` is, too, except in v1
 * when it is not known: there it must be an address. The hash has other names beside `transaction` only after a success,
 * because clients take their presence for one. `isValid` is true only after a success, because sellers deliver on it.
 */
export function encodeSettleAnswer({ version, spelling }: Caller, answer: SettleAnswer): Json {
  const { transaction } = answer;
  if (answer.status === 'settled') {
    return {
      success: true,
      transaction,
      network: spelling,
      payer: answer.payer,
      ...(version === 1
        ? { isValid: true, tx_hash: transaction }
        : { amount: answer.amount.toString(), extra: answer.locator }),
      transactionHash: transaction,
      transaction_hash: transaction,
    };
  }
  const reason = wireReason(answer.reason, version);
  return {
    success: false,
    errorReason: reason,
    errorMessage: answer.message,
    transaction,
    network: spelling,
    ...payerOf(answer, version),
    ...(version === 1 ? { isValid: false, invalidReason: reason, error_reason: reason } : {}),
  };
}

function payerOf({ payer }: { readonly payer?: string }, version: Caller['version']): Json {
  if (payer !== undefined) return { payer };
  return version === 1 ? {} : { payer: '' };
}
