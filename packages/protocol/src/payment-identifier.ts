/** The v2 extension `payment-identifier`: an idempotency key that the client puts into the payment itself. */
import { isRecord } from './decode/fields.ts';
import type { Issue } from './issue.ts';
import type { Payment } from './payment.ts';

const KEY = 'payment-identifier';
const FORM = /^[A-Za-z0-9_-]{16,128}$/;

/** The payment's own idempotency key; undefined when it has none. */
export function paymentIdentifier(payment: Pick<Payment, 'extensions'>): string | undefined {
  const read = readPaymentIdentifier(payment.extensions);
  return read.status === 'identifier' ? read.id : undefined;
}

export type ReadIdentifier =
  | { readonly status: 'identifier'; readonly id: string }
  | { readonly status: 'none' }
  /** `path` starts inside the extensions. */
  | { readonly status: 'malformed'; readonly issue: Issue };

/** Reads the extension. A server may declare it without an id; a client that must send one and does not is malformed. */
export function readPaymentIdentifier(extensions: Readonly<Record<string, unknown>>): ReadIdentifier {
  const extension = Object.hasOwn(extensions, KEY) ? extensions[KEY] : undefined;
  if (extension === undefined || extension === null) return { status: 'none' };
  const info = isRecord(extension) ? extension['info'] : undefined;
  if (!isRecord(info)) return malformed(`${KEY}.info`, 'must be an object with the fields required and id');
  const id = info['id'];
  if (id === undefined || id === null) {
    return info['required'] === true
      ? malformed(`${KEY}.info.id`, 'is missing although the server requires it: 16 to 128 of A-Z a-z 0-9 _ -')
      : { status: 'none' };
  }
  if (typeof id === 'string' && FORM.test(id)) return { status: 'identifier', id };
  return malformed(`${KEY}.info.id`, 'must be a string of 16 to 128 characters out of A-Z a-z 0-9 _ -');
}

function malformed(path: string, message: string): ReadIdentifier {
  return { status: 'malformed', issue: { path, message } };
}
