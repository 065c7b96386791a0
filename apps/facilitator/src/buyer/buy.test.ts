/** What becomes of a purchase when the seller is not the usual one. A whole purchase is in the sandbox's test. */
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { freePort, newWallet } from '@facilitator/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type BuyingStep, buy } from './buy.ts';

const terms = {
  scheme: 'exact',
  network: 'eip155:84532',
  amount: '10000',
  asset: '0x036CbD53842c5426634e7929541eC2318f3dCF7e',
  payTo: '0x2222222222222222222222222222222222222222',
  maxTimeoutSeconds: 60,
  extra: { name: 'USDC', version: '2' },
};
const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64');
const required = (error: string) => base64({ x402Version: 2, error, resource: { url: 'http://x' }, accepts: [terms] });

async function seller(listener: RequestListener) {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${Object(server.address()).port}/thing`;
}

async function purchase(url: string, maxPrice = '$1') {
  const steps: BuyingStep[] = [];
  const outcome = await buy(url, { privateKey: newWallet().privateKey, maxPrice, tell: (step) => steps.push(step) });
  return { outcome, steps: steps.map(({ step }) => step) };
}

describe('buy', () => {
  it('takes what costs nothing', async () => {
    const url = await seller((_request, response) => response.end('here'));
    expect(await purchase(url)).toEqual({ outcome: { outcome: 'free', status: 200, body: 'here' }, steps: ['asked'] });
  });

  it('pays a v1 seller', async () => {
    const { amount, ...rest } = terms;
    const v1 = {
      ...rest,
      network: 'base-sepolia',
      maxAmountRequired: amount,
      resource: 'http://x/thing',
      description: '',
      mimeType: '',
    };
    const url = await seller((request, response) => {
      if (request.headers['x-payment'] === undefined) {
        response.statusCode = 402;
        response.end(JSON.stringify({ x402Version: 1, error: 'pay', accepts: [v1] }));
      } else {
        response.setHeader(
          'x-payment-response',
          base64({ success: true, transaction: '0xabc', network: 'base-sepolia' }),
        );
        response.end('here');
      }
    });
    expect(await purchase(url)).toEqual({
      outcome: { outcome: 'paid', status: 200, body: 'here', transaction: '0xabc' },
      steps: ['asked', 'priced', 'signed'],
    });
  });

  it('tells why a payment was refused, by the terms or by the settlement', async () => {
    const terms = await seller((request, response) => {
      response.statusCode = 402;
      response.setHeader(
        'payment-required',
        required(request.headers['payment-signature'] ? 'invalid_exact_evm_signature' : 'pay'),
      );
      response.end('{}');
    });
    expect((await purchase(terms)).outcome).toEqual({
      outcome: 'refused',
      status: 402,
      why: 'invalid_exact_evm_signature',
    });

    const settlement = await seller((request, response) => {
      response.statusCode = 402;
      if (request.headers['payment-signature'] === undefined) response.setHeader('payment-required', required('pay'));
      else {
        const failed = {
          success: false,
          errorReason: 'duplicate_settlement',
          errorMessage: 'Twice.',
          transaction: '',
          network: 'eip155:84532',
        };
        response.setHeader('payment-response', base64(failed));
      }
      response.end('{}');
    });
    expect((await purchase(settlement)).outcome).toMatchObject({
      outcome: 'refused',
      why: 'duplicate_settlement: Twice.',
    });
  });

  it('signs nothing that costs more than the limit', async () => {
    let paid = false;
    const url = await seller((request, response) => {
      paid ||= request.headers['payment-signature'] !== undefined;
      response.statusCode = 402;
      response.setHeader('payment-required', required('pay'));
      response.end('{}');
    });
    expect(await purchase(url, '$0.009')).toMatchObject({ outcome: { outcome: 'failed' }, steps: ['asked'] });
    expect(paid).toBe(false);
  });

  it('says who does not answer', async () => {
    const { outcome } = await purchase(`http://127.0.0.1:${await freePort()}/`);
    expect(outcome).toMatchObject({ outcome: 'failed', why: expect.stringMatching(/ECONNREFUSED/) });
  });
});
