/** Payments as the edge hands them over, signed by viem. */
import type { Payment, Terms } from '@facilitator/protocol';
import { type AuthorizationPayload, type AuthorizationToSign, signAuthorization } from '@facilitator/testing';

export type ToPay = AuthorizationToSign & { readonly terms?: Partial<Terms> };

/** Terms that fit the payload exactly. */
export function paymentOf(payload: AuthorizationPayload, wanted: ToPay): Payment {
  const { chainId, token, to, value } = wanted;
  return {
    version: 2,
    spelling: `eip155:${chainId}`,
    terms: {
      scheme: 'exact',
      network: `eip155:${chainId}`,
      amount: value,
      asset: token.address,
      payTo: to,
      maxTimeoutSeconds: 60,
      extra: { name: token.name, version: token.version },
      ...wanted.terms,
    },
    payload: { ...payload },
    resource: { url: '', description: '', mimeType: '' },
    extensions: {},
  };
}

export async function signedPayment(wanted: ToPay): Promise<Payment> {
  return paymentOf(await signAuthorization(wanted), wanted);
}
