/** The official request body for a payment, in its version and with its spelling of the network. */
import type { Payment, Resource } from '../payment.ts';

/** Plain JSON values; `decodePaymentRequest` of it gives the payment back. */
export function encodePaymentRequest(payment: Payment): Readonly<Record<string, unknown>> {
  return payment.version === 1 ? encodeV1(payment) : encodeV2(payment);
}

function encodeV1({ spelling, terms, payload, resource }: Payment) {
  return {
    x402Version: 1,
    paymentPayload: { x402Version: 1, scheme: terms.scheme, network: spelling, payload },
    paymentRequirements: {
      scheme: terms.scheme,
      network: spelling,
      maxAmountRequired: terms.amount.toString(),
      resource: resource.url,
      description: resource.description,
      mimeType: resource.mimeType,
      payTo: terms.payTo,
      maxTimeoutSeconds: terms.maxTimeoutSeconds,
      asset: terms.asset,
      extra: terms.extra,
    },
  };
}

function encodeV2({ spelling, terms, payload, resource, extensions }: Payment) {
  const requirements = {
    scheme: terms.scheme,
    network: spelling,
    amount: terms.amount.toString(),
    asset: terms.asset,
    payTo: terms.payTo,
    maxTimeoutSeconds: terms.maxTimeoutSeconds,
    extra: terms.extra,
  };
  return {
    x402Version: 2,
    paymentPayload: {
      x402Version: 2,
      ...(isEmpty(resource) ? {} : { resource }),
      accepted: requirements,
      payload,
      extensions,
    },
    paymentRequirements: requirements,
  };
}

function isEmpty({ url, description, mimeType }: Resource): boolean {
  return url === '' && description === '' && mimeType === '';
}
