/** The idempotency key of a settlement: a header of the seller's, or an identifier the buyer put into the payment. */
import { type Payment, paymentIdentifier } from '@facilitator/protocol';
import { type Fault, malformed } from './fault.ts';

/** Printable ASCII. Longer keys than this are somebody's payload by mistake. */
const FORM = /^[\x20-\x7e]{1,255}$/;

export type IdempotencyKey =
  | { readonly status: 'key'; readonly key: string | undefined }
  | { readonly status: 'fault'; readonly fault: Fault };

/**
 * The key under which the answer is kept, if there is one. The two sources cannot meet: a header's key is its caller's,
 * an identifier counts only among the payments to one payee on one network.
 */
export function idempotencyKey(header: string | readonly string[] | undefined, payment: Payment): IdempotencyKey {
  if (header !== undefined) {
    if (typeof header === 'string' && FORM.test(header)) return { status: 'key', key: `key:${header}` };
    const message = 'must be one value of 1 to 255 printable ASCII characters';
    return { status: 'fault', fault: malformed([{ path: 'Idempotency-Key', message }]) };
  }
  const identifier = paymentIdentifier(payment);
  if (identifier === undefined) return { status: 'key', key: undefined };
  const { network, payTo } = payment.terms;
  return { status: 'key', key: `identifier:${network}:${payTo.toLowerCase()}:${identifier}` };
}
