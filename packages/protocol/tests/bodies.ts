/** Request bodies as callers send them, for tests. Each call makes a fresh one, to be bent at will. */

export const PAYER = '0x1111111111111111111111111111111111111111';
export const SELLER = '0x2222222222222222222222222222222222222222';
export const USDC = '0x036CbD53842c5426634e7929541eC2318f3dCF7e';

type Json = Record<string, unknown>;

export function signedPayment(): Json {
  return {
    signature: `0x${'ab'.repeat(65)}`,
    authorization: {
      from: PAYER,
      to: SELLER,
      value: '25000',
      validAfter: '1764000000',
      validBefore: '1764003600',
      nonce: `0x${'07'.repeat(32)}`,
    },
  };
}

export function requirementsV1(): Json {
  return {
    scheme: 'exact',
    network: 'base-sepolia',
    maxAmountRequired: '25000',
    resource: 'https://shop.example/report',
    description: 'one report',
    mimeType: 'application/json',
    outputSchema: null,
    payTo: SELLER,
    maxTimeoutSeconds: 120,
    asset: USDC,
    extra: { name: 'USDC', version: '2' },
  };
}

export function payloadV1(): Json {
  return { x402Version: 1, scheme: 'exact', network: 'base-sepolia', payload: signedPayment() };
}

export function bodyV1(): Json {
  return { x402Version: 1, paymentPayload: payloadV1(), paymentRequirements: requirementsV1() };
}

export function requirementsV2(): Json {
  return {
    scheme: 'exact',
    network: 'eip155:84532',
    amount: '25000',
    asset: USDC,
    payTo: SELLER,
    maxTimeoutSeconds: 120,
    extra: { name: 'USDC', version: '2' },
  };
}

export function payloadV2(): Json {
  return {
    x402Version: 2,
    resource: { url: 'https://shop.example/report', description: 'one report', mimeType: 'application/json' },
    accepted: requirementsV2(),
    payload: signedPayment(),
    extensions: {},
  };
}

export function bodyV2(): Json {
  return { x402Version: 2, paymentPayload: payloadV2(), paymentRequirements: requirementsV2() };
}

/** `object` without one of its fields. */
export function without(object: Record<string, unknown>, field: string): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).filter(([name]) => name !== field));
}
