/** Whole bodies of POST /verify and POST /settle, in the official shapes of both versions. */
import type { Address } from 'viem';
import type { AuthorizationPayload } from './authorization.ts';

export type PaymentToRequest = {
  /** As the caller spells it: a v1 name or a CAIP-2 id. */
  readonly network: string;
  readonly asset: Address;
  readonly payTo: Address;
  /** Atomic units. */
  readonly amount: bigint;
  readonly payload: AuthorizationPayload;
  /** The token's domain as the seller states it; `{}` for none. */
  readonly extra: Readonly<Record<string, unknown>>;
  /** 120 unless given. */
  readonly maxTimeoutSeconds?: number;
};

const RESOURCE = { url: 'https://shop.example/report', description: 'one report', mimeType: 'application/json' };

/** A v1 request. */
export function paymentRequestV1(payment: PaymentToRequest) {
  return {
    x402Version: 1,
    paymentPayload: { x402Version: 1, scheme: 'exact', network: payment.network, payload: payment.payload },
    paymentRequirements: {
      scheme: 'exact',
      network: payment.network,
      maxAmountRequired: `${payment.amount}`,
      resource: RESOURCE.url,
      description: RESOURCE.description,
      mimeType: RESOURCE.mimeType,
      outputSchema: null,
      payTo: payment.payTo,
      maxTimeoutSeconds: payment.maxTimeoutSeconds ?? 120,
      asset: payment.asset,
      extra: payment.extra,
    },
  } as const;
}

/** A v2 request. What the payer accepted equals what the seller requires. */
export function paymentRequestV2(payment: PaymentToRequest) {
  const requirements = {
    scheme: 'exact',
    network: payment.network,
    amount: `${payment.amount}`,
    asset: payment.asset,
    payTo: payment.payTo,
    maxTimeoutSeconds: payment.maxTimeoutSeconds ?? 120,
    extra: payment.extra,
  } as const;
  return {
    x402Version: 2,
    paymentPayload: {
      x402Version: 2,
      resource: RESOURCE,
      accepted: requirements,
      payload: payment.payload,
      extensions: {},
    },
    paymentRequirements: requirements,
  } as const;
}
