/** Bodies as the published clients build them. */
import { x402Client } from '@x402/core/client';
import { ExactEvmScheme } from '@x402/evm/exact/client';
import { buildPaymentRequirements, buildVerifyRequest, createX402V1Header, createX402V2Header } from 'uvd-x402-sdk';
import { privateKeyToAccount } from 'viem/accounts';
import { describe, expect, it } from 'vitest';
import { createPaymentHeader } from 'x402/client';
import type { PaymentRequirements } from 'x402/types';
import { requirementsV1, requirementsV2, SELLER, USDC } from '../../tests/bodies.ts';
import { createNetworks } from '../registry/networks.ts';
import { decodePaymentRequest } from './decode.ts';

const networks = createNetworks();
const decode = (body: unknown) => decodePaymentRequest(JSON.parse(JSON.stringify(body)), networks);
const BUYER = privateKeyToAccount(`0x${'42'.repeat(32)}`);

describe('uvd-x402-sdk', () => {
  const options = { amount: '0.01', recipient: SELLER, resource: 'https://shop.example/report' };

  it.each(['base', 'avalanche', 'celo', 'hyperevm', 'unichain', 'solana', 'fogo', 'near', 'stellar'])(
    'pays on %s in both versions',
    (chainName) => {
      const caip2 = networks.resolve(chainName)?.caip2;
      const stellar = chainName === 'stellar';
      for (const x402Version of [1, 2] as const) {
        const requirements = buildPaymentRequirements({ ...options, chainName, x402Version });
        const payload = { signature: '0x', from: 'x' } as unknown as Parameters<typeof createX402V1Header>[1];
        const header = (x402Version === 1 ? createX402V1Header : createX402V2Header)(chainName, payload);
        expect(decode(buildVerifyRequest(header, requirements))).toMatchObject({
          status: 'payment',
          payment: {
            version: x402Version,
            spelling: requirements.network,
            terms: { network: caip2, amount: stellar ? 100000n : 10000n, payTo: SELLER, extra: {} },
            resource: { url: options.resource, mimeType: 'application/json' },
          },
        });
      }
    },
  );
});

describe('@x402/core with @x402/evm', () => {
  it('pays in v2', async () => {
    const client = new x402Client();
    client.register('eip155:84532', new ExactEvmScheme(BUYER));
    const paymentPayload = await client.createPaymentPayload({
      x402Version: 2,
      resource: { url: 'https://shop.example/report', description: 'one report', mimeType: 'application/json' },
      accepts: [requirementsV2()] as unknown as Parameters<typeof client.createPaymentPayload>[0]['accepts'],
    });
    expect(decode({ x402Version: 2, paymentPayload, paymentRequirements: requirementsV2() })).toMatchObject({
      status: 'payment',
      payment: {
        version: 2,
        spelling: 'eip155:84532',
        terms: { network: 'eip155:84532', amount: 25000n, asset: USDC, payTo: SELLER },
        payload: { authorization: { from: BUYER.address, to: SELLER, value: '25000' } },
        resource: { url: 'https://shop.example/report' },
      },
    });
  });
});

describe('x402, version 1', () => {
  it('pays, with the payload as an object and as the header it came in', async () => {
    const { outputSchema: _, ...requirements } = requirementsV1();
    const paymentHeader = await createPaymentHeader(BUYER, 1, requirements as unknown as PaymentRequirements);
    const paymentPayload: unknown = JSON.parse(Buffer.from(paymentHeader, 'base64').toString());
    const read = decode({ x402Version: 1, paymentPayload, paymentRequirements: requirements });
    expect(read).toMatchObject({
      status: 'payment',
      payment: { version: 1, payload: { authorization: { from: BUYER.address, to: SELLER, value: '25000' } } },
    });
    expect(decode({ x402Version: 1, paymentHeader, paymentRequirements: requirements })).toEqual(read);
  });
});
