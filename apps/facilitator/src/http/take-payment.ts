/** From a request body to a payment on a served network, or to the answer that says why not. */
import { type Caller, decodePaymentRequest, type Payment, type Reason } from '@facilitator/protocol';
import { type Fault, malformed } from './fault.ts';
import type { House } from './house.ts';

/** A judgement without asking a chain: HTTP 200 with a reason. */
type Refused = {
  readonly status: 'refused';
  readonly caller: Caller;
  readonly reason: Reason;
  readonly message: string;
  readonly payer?: string;
};

export type Taken =
  | { readonly status: 'payment'; readonly payment: Payment }
  | Refused
  | { readonly status: 'fault'; readonly fault: Fault };

export function takePayment(body: unknown, house: House): Taken {
  const decoded = decodePaymentRequest(body, house.networks);
  switch (decoded.status) {
    case 'malformed':
      return { status: 'fault', fault: malformed(decoded.issues, decoded.reason) };
    case 'refused': {
      const { reason, version, spelling, payer } = decoded;
      const unknown = reason === 'invalid_network' && house.networks.resolve(spelling) === undefined;
      const message = unknown ? `${decoded.message} ${servedHere(house, spelling)}` : decoded.message;
      return {
        status: 'refused',
        caller: { version, spelling },
        reason,
        message,
        ...(payer === undefined ? {} : { payer }),
      };
    }
    case 'payment': {
      const { payment } = decoded;
      if (house.served.some(({ network }) => network.caip2 === payment.terms.network)) return decoded;
      const message = `${payment.spelling} is not served here. ${servedHere(house, payment.spelling)}`;
      return { status: 'refused', caller: payment, reason: 'invalid_network', message };
    }
  }
}

/** What could be asked for instead, spelled the way the caller spells. */
export function servedHere(house: House, spelling: string): string {
  const names = house.served.map(({ network }) => (spelling.includes(':') ? network.caip2 : network.name));
  return names.length === 0 ? 'No network is served.' : `Served are ${names.join(', ')}.`;
}
