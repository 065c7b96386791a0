/** Tells an identical retry from another request for the same authorization. */
import { createHash } from 'node:crypto';
import type { Payment } from '@facilitator/protocol';
import type { Authorization } from './ports/chain.ts';

/**
 * A digest of what was signed and of what the seller asks for it, the resource included, so that one authorization
 * presented for two resources is two requests. The signature counts (it is in `stowed`, the journal's form of the
 * authorization): some can only be judged by the chain, and a retry must not ask it. Version and spelling are left out: a
 * v1 and a v2 retry of one payment are the same.
 */
export function fingerprint({ anchor }: Authorization, payment: Payment, stowed: string): string {
  const { scheme, network, amount, asset, payTo } = payment.terms;
  const terms = [anchor, scheme, network, `${amount}`, asset.toLowerCase(), payTo.toLowerCase()];
  return createHash('sha256')
    .update(JSON.stringify([...terms, payment.resource.url, stowed]))
    .digest('hex');
}
