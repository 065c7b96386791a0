import {
  PaymentPayloadV1Schema,
  PaymentPayloadV2Schema,
  PaymentRequirementsV1Schema,
  PaymentRequirementsV2Schema,
} from '@x402/core/schemas';
import { expect, test } from 'vitest';
import { signAuthorization } from './authorization.ts';
import { someAddress } from './contract.ts';
import { type PaymentToRequest, paymentRequestV1, paymentRequestV2 } from './payment-request.ts';
import { BASE_SEPOLIA_USDC } from './sandbox-chain.ts';
import { newWallet } from './wallet.ts';

async function payment(network: string): Promise<PaymentToRequest> {
  const payTo = someAddress();
  const { privateKey } = newWallet();
  const token = BASE_SEPOLIA_USDC;
  return {
    network,
    asset: token.address,
    payTo,
    amount: 25_000n,
    payload: await signAuthorization({ privateKey, chainId: 84532, token, to: payTo, value: 25_000n }),
    extra: { name: 'USDC', version: '2' },
  };
}

test('v1 requests have the form of the official schemas', async () => {
  const { paymentPayload, paymentRequirements, x402Version } = paymentRequestV1(await payment('base-sepolia'));
  expect(x402Version).toBe(1);
  expect(PaymentPayloadV1Schema.parse(paymentPayload)).toEqual(paymentPayload);
  expect(PaymentRequirementsV1Schema.parse(paymentRequirements)).toEqual(paymentRequirements);
});

test('v2 requests have the form of the official schemas', async () => {
  const { paymentPayload, paymentRequirements, x402Version } = paymentRequestV2(await payment('eip155:84532'));
  expect(x402Version).toBe(2);
  expect(PaymentPayloadV2Schema.parse(paymentPayload)).toEqual(paymentPayload);
  expect(PaymentRequirementsV2Schema.parse(paymentRequirements)).toEqual(paymentRequirements);
});
