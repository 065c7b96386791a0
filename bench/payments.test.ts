import { BASE_SEPOLIA, BASE_SEPOLIA_USDC } from '@facilitator/testing';
import { verifyTypedData } from 'viem';
import { expect, test } from 'vitest';
import { createCrowd } from './payments.ts';

const FIELDS = [
  { name: 'from', type: 'address' },
  { name: 'to', type: 'address' },
  { name: 'value', type: 'uint256' },
  { name: 'validAfter', type: 'uint256' },
  { name: 'validBefore', type: 'uint256' },
  { name: 'nonce', type: 'bytes32' },
] as const;

const { address, name, version } = BASE_SEPOLIA_USDC;
const crowd = createCrowd({ chainId: BASE_SEPOLIA, token: BASE_SEPOLIA_USDC, payers: 3, sellers: 2, amount: 7n });

test('viem accepts the signatures', async () => {
  for (const { body, nonce, payTo } of crowd.payments(7)) {
    const { paymentPayload, paymentRequirements } = JSON.parse(body.toString());
    const { authorization, signature } = paymentPayload.payload;
    expect(authorization).toMatchObject({ nonce, to: payTo, value: '7' });
    expect(paymentRequirements).toMatchObject({ payTo, amount: '7', asset: address });
    const signed = {
      address: authorization.from,
      domain: { name, version, chainId: BASE_SEPOLIA, verifyingContract: address },
      types: { TransferWithAuthorization: FIELDS },
      primaryType: 'TransferWithAuthorization' as const,
      signature,
    };
    await expect(verifyTypedData({ ...signed, message: authorization })).resolves.toBe(true);
    await expect(verifyTypedData({ ...signed, message: { ...authorization, value: '8' } })).resolves.toBe(false);
  }
});

test('all payments differ, and are the same each time', () => {
  const payments = crowd.payments(20);
  expect(new Set(payments.map(({ nonce }) => nonce)).size).toBe(20);
  expect(crowd.payments(20)).toEqual(payments);
});
