/** Whether the payment names what the seller asked for. The seller's requirements are what counts. */
import { quoted } from '../issue.ts';
import type { Terms } from '../payment.ts';
import type { Reason } from '../reasons.ts';
import type { Network } from '../registry/network.ts';
import { addressKey, type Networks } from '../registry/networks.ts';
import type { BoundTerms } from './terms.ts';

export type Disagreement = { readonly reason: Reason; readonly message: string };

/** The scheme and network that v1 payloads, and some v2 ones, name beside the signature. */
export function innerDisagreement(
  inner: { readonly scheme: string | undefined; readonly network: string | undefined },
  terms: Terms,
  network: Network,
  networks: Networks,
): Disagreement | undefined {
  if (inner.scheme !== undefined && inner.scheme !== terms.scheme) {
    const message = `The payload is for the scheme ${quoted(inner.scheme)}, the requirements for ${quoted(terms.scheme)}.`;
    return { reason: 'invalid_scheme', message };
  }
  if (inner.network !== undefined && networks.resolve(inner.network) !== network) {
    return {
      reason: network.family === 'evm' ? 'invalid_exact_evm_network_mismatch' : 'invalid_network',
      message: `The payload is for the network ${quoted(inner.network)}, the requirements for ${network.name}.`,
    };
  }
  return undefined;
}

/** The terms that v2 clients repeat in `accepted`. Its `extra` may hold more than the seller's and is not compared. */
export function acceptedDisagreement(
  accepted: BoundTerms,
  terms: Terms,
  network: Network,
  networks: Networks,
): Disagreement | undefined {
  const same = (left: string, right: string) => addressKey(network, left) === addressKey(network, right);
  const faults: string[] = [];
  if (accepted.scheme !== terms.scheme) faults.push(differs('scheme', accepted.scheme, terms.scheme));
  if (networks.resolve(accepted.network) !== network) faults.push(differs('network', accepted.network, network.caip2));
  if (accepted.amount !== terms.amount) faults.push(differs('amount', `${accepted.amount}`, `${terms.amount}`));
  if (!same(accepted.asset, terms.asset)) faults.push(differs('asset', accepted.asset, terms.asset));
  if (!same(accepted.payTo, terms.payTo)) faults.push(differs('payTo', accepted.payTo, terms.payTo));
  if (faults.length === 0) return undefined;
  return {
    reason: 'invalid_payment_requirements',
    message: `The client accepted other terms than the seller requires: ${faults.join('; ')}.`,
  };
}

function differs(field: string, accepted: string, required: string): string {
  return `${field} is ${quoted(accepted)} in accepted and ${quoted(required)} in the requirements`;
}
