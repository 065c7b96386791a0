/** Tells an identical retry from another request for the same authorization. */
import { createHash } from 'node:crypto';
import type { Payment } from '@facilitator/protocol';
import type { Authorization } from './ports/chain.ts';

/**
 * A digest of the anchor and of what the seller asks for it, the resource included, so that one authorization presented
 * for two resources is two requests. Version and spelling are left out: a v1 and a v2 retry of one payment are the same.
 */
export function fingerprint(authorization: Authorization, payment: Payment): string {
  const { scheme, network, amount, asset, payTo } = payment.terms;
  const terms = [authorization.anchor, scheme, network, `${amount}`, asset.toLowerCase(), payTo.toLowerCase()];
  return createHash('sha256')
    .update(JSON.stringify([...terms, payment.resource.url]))
    .digest('hex');
}
