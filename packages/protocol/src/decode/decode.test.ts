import { describe, expect, it } from 'vitest';
import {
  bodyV1,
  bodyV2,
  payloadV1,
  payloadV2,
  requirementsV1,
  requirementsV2,
  SELLER,
  signedPayment,
  USDC,
  without,
} from '../../tests/bodies.ts';
import type { Payment } from '../payment.ts';
import { createNetworks } from '../registry/networks.ts';
import { decodePaymentRequest } from './decode.ts';

const networks = createNetworks();
const decode = (body: unknown) => decodePaymentRequest(body, networks);

const PAYMENT: Payment = {
  version: 1,
  spelling: 'base-sepolia',
  terms: {
    scheme: 'exact',
    network: 'eip155:84532',
    amount: 25000n,
    asset: USDC,
    payTo: SELLER,
    maxTimeoutSeconds: 120,
    extra: { name: 'USDC', version: '2' },
  },
  payload: signedPayment(),
  resource: { url: 'https://shop.example/report', description: 'one report', mimeType: 'application/json' },
  extensions: {},
};
const PAYMENT_V2: Payment = { ...PAYMENT, version: 2, spelling: 'eip155:84532' };

function base64(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64');
}

describe('batching', () => {
  const asked = (requirements: Record<string, unknown>, extra: unknown) => ({ ...requirements, extra });
  const termsOf = (body: unknown) => {
    const decoded = decode(body);
    return decoded.status === 'payment' ? decoded.payment.terms : decoded;
  };

  it.each(['off', 'per-payee', 'auto'] as const)('%s is a term of either version', (batching) => {
    expect(termsOf({ ...bodyV1(), paymentRequirements: asked(requirementsV1(), { batching }) })).toMatchObject({
      batching,
    });
    expect(termsOf({ ...bodyV2(), paymentRequirements: asked(requirementsV2(), { batching }) })).toMatchObject({
      batching,
    });
  });

  it.each([undefined, null])('%s asks for nothing', (batching) => {
    expect(termsOf({ ...bodyV2(), paymentRequirements: asked(requirementsV2(), { batching }) })).not.toHaveProperty(
      'batching',
    );
  });

  it('is what the seller says: what the buyer repeats in accepted changes nothing', () => {
    const paymentPayload = { ...payloadV2(), accepted: asked(requirementsV2(), { batching: 'off' }) };
    expect(termsOf({ ...bodyV2(), paymentPayload })).not.toHaveProperty('batching');
  });
});

describe('forms that are payments', () => {
  const forms: readonly (readonly [string, unknown, Payment])[] = [
    ['v1', bodyV1(), PAYMENT],
    ['v2', bodyV2(), PAYMENT_V2],
    [
      'v1 with the CAIP-2 spelling',
      {
        x402Version: 1,
        paymentPayload: { ...payloadV1(), network: 'eip155:84532' },
        paymentRequirements: { ...requirementsV1(), network: 'eip155:84532' },
      },
      { ...PAYMENT, spelling: 'eip155:84532' },
    ],
    [
      'v1 with a spelling in each place',
      { ...bodyV1(), paymentRequirements: { ...requirementsV1(), network: 'eip155:84532' } },
      { ...PAYMENT, spelling: 'eip155:84532' },
    ],
    [
      'v2 with the v1 spelling',
      {
        x402Version: 2,
        paymentPayload: { ...payloadV2(), accepted: { ...requirementsV2(), network: 'base-sepolia' } },
        paymentRequirements: { ...requirementsV2(), network: 'base-sepolia' },
      },
      { ...PAYMENT_V2, spelling: 'base-sepolia' },
    ],
    [
      'v1 paymentHeader',
      { x402Version: 1, paymentHeader: base64(payloadV1()), paymentRequirements: requirementsV1() },
      PAYMENT,
    ],
    [
      'v1 paymentHeader, URL alphabet, version only inside',
      {
        paymentHeader: Buffer.from(JSON.stringify(payloadV1())).toString('base64url'),
        paymentRequirements: requirementsV1(),
      },
      PAYMENT,
    ],
    [
      'v2 with top-level accepted and resource',
      {
        x402Version: 2,
        paymentPayload: without(payloadV2(), 'resource'),
        accepted: requirementsV2(),
        resource: payloadV2()['resource'],
      },
      PAYMENT_V2,
    ],
    [
      'v2 with top-level accepted and a payload without',
      { x402Version: 2, paymentPayload: without(payloadV2(), 'accepted'), accepted: requirementsV2() },
      PAYMENT_V2,
    ],
    [
      'v2 payload like v1, with requirements like v1 and a CAIP-2 network',
      {
        x402Version: 2,
        paymentPayload: { x402Version: 2, scheme: 'exact', network: 'eip155:84532', payload: signedPayment() },
        paymentRequirements: { ...requirementsV1(), network: 'eip155:84532' },
      },
      PAYMENT_V2,
    ],
    [
      'v2 payload like v1 without extra',
      {
        x402Version: 2,
        paymentPayload: { x402Version: 2, scheme: 'exact', network: 'eip155:84532', payload: signedPayment() },
        paymentRequirements: without({ ...requirementsV1(), network: 'eip155:84532' }, 'extra'),
      },
      { ...PAYMENT_V2, terms: { ...PAYMENT_V2.terms, extra: {} } },
    ],
    [
      'a number for the amount and a string for the time',
      { ...bodyV1(), paymentRequirements: { ...requirementsV1(), maxAmountRequired: 25000, maxTimeoutSeconds: '120' } },
      PAYMENT,
    ],
    [
      'null extra, null extensions, null resource',
      {
        x402Version: 2,
        paymentPayload: { ...payloadV2(), extensions: null, resource: null },
        paymentRequirements: { ...requirementsV2(), extra: null },
      },
      {
        ...PAYMENT_V2,
        terms: { ...PAYMENT_V2.terms, extra: {} },
        resource: { url: '', description: '', mimeType: '' },
      },
    ],
    ['unknown fields', { ...bodyV2(), later: { more: [1] } }, PAYMENT_V2],
    ['the version in one place', without(bodyV1(), 'x402Version'), PAYMENT],
    [
      'accepted with a richer extra and addresses in another case',
      {
        ...bodyV2(),
        paymentPayload: {
          ...payloadV2(),
          accepted: {
            ...requirementsV2(),
            asset: USDC.toLowerCase(),
            amount: 25000,
            extra: { name: 'USDC', version: '2', feePayer: 'x' },
          },
        },
      },
      PAYMENT_V2,
    ],
    [
      'the largest uint256',
      { ...bodyV1(), paymentRequirements: { ...requirementsV1(), maxAmountRequired: `${2n ** 256n - 1n}` } },
      { ...PAYMENT, terms: { ...PAYMENT.terms, amount: 2n ** 256n - 1n } },
    ],
  ];

  it.each(forms)('%s', (_, body, payment) => {
    expect(decode(body)).toEqual({ status: 'payment', payment });
  });

  it('keeps extensions as sent', () => {
    const extensions = { bazaar: { info: {}, schema: {} }, other: 'anything' };
    const read = decode({ ...bodyV2(), paymentPayload: { ...payloadV2(), extensions } });
    expect(read).toEqual({ status: 'payment', payment: { ...PAYMENT_V2, extensions } });
  });
});
