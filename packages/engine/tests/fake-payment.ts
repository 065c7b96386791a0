/** Payments of the fake family: their payload is the few terms of an authorization. */
import type { Batching, Payment } from '@facilitator/protocol';
import type { Authorization } from '../src/ports/chain.ts';

export const NETWORK = 'eip155:31337' as const;

/** `signature`: one that only the chain can judge; it finds those good that begin with `good`. */
type FakePayload = {
  readonly payer: string;
  readonly nonce: string;
  readonly expires: bigint;
  readonly signature?: string;
};

/** The fake family's payload is the authorization's few terms. */
export function authorizationOf(payment: Payment): Authorization & { readonly signature?: string } {
  const { payer, nonce, expires, signature } = payment.payload as FakePayload;
  return {
    anchor: `${payment.terms.network}:${payer}:${nonce}`,
    network: payment.terms.network,
    asset: payment.terms.asset,
    payer,
    payTo: payment.terms.payTo,
    amount: payment.terms.amount,
    nonce,
    expires,
    batching: payment.terms.batching ?? 'auto',
    proven: signature === undefined,
    ...(signature === undefined ? {} : { signature }),
  };
}

/** The same with a signature that only the chain can judge. */
export function unprovenPayment(nonce: string, expires: bigint, signature: string): Payment {
  const payment = fakePayment(nonce, expires);
  return { ...payment, payload: { ...(payment.payload as FakePayload), signature } };
}

type Particulars = {
  readonly url?: string;
  readonly batching?: Batching;
  readonly payer?: string;
  readonly payTo?: string;
  readonly amount?: bigint;
};

export function fakePayment(nonce: string, expires: bigint, particulars: string | Particulars = {}): Payment {
  const given = typeof particulars === 'string' ? { url: particulars } : particulars;
  const {
    url = 'https://shop.example/report',
    batching,
    payer = '0xbuyer',
    payTo = '0xseller',
    amount = 1000n,
  } = given;
  return {
    version: 2,
    spelling: NETWORK,
    terms: {
      scheme: 'exact',
      network: NETWORK,
      amount,
      asset: '0xasset',
      payTo,
      maxTimeoutSeconds: 60,
      extra: {},
      ...(batching && { batching }),
    },
    payload: { payer, nonce, expires },
    resource: { url, description: '', mimeType: '' },
    extensions: {},
  };
}
