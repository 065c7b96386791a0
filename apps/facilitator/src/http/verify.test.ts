import type { Engine, Verification } from '@facilitator/engine';
import { HTTPFacilitatorClient } from '@x402/core/http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { PAYER, requestV1, requestV2, site } from './house.fixture.ts';

function verifying(answer: Verification['answer']) {
  return site({ verify: async () => ({ id: 'anchor', answer }) });
}

describe('POST /verify', () => {
  it('answers a good payment', async () => {
    const { app } = verifying({ status: 'valid', payer: PAYER });
    const v1 = await app.inject({ method: 'POST', url: '/verify', payload: requestV1() });
    expect(v1.json()).toEqual({ isValid: true, valid: true, payer: PAYER });
    const v2 = await app.inject({ method: 'POST', url: '/verify', payload: requestV2() });
    expect(v2.json()).toEqual({ isValid: true, payer: PAYER });
  });

  it('answers a bad payment with 200 and why', async () => {
    const { app } = verifying({
      status: 'invalid',
      reason: 'invalid_exact_evm_insufficient_balance',
      message: 'The payer holds 1.',
      payer: PAYER,
    });
    const response = await app.inject({ method: 'POST', url: '/verify', payload: requestV1() });
    expect(response.statusCode).toBe(200);
    expect(response.json()).toMatchObject({
      isValid: false,
      invalidReason: 'insufficient_funds',
      valid: false,
      payer: PAYER,
    });
  });

  it('logs which payment it was and what was found', async () => {
    const here = verifying({ status: 'valid', payer: PAYER });
    await here.app.inject({ method: 'POST', url: '/verify', payload: requestV1() });
    expect(here.lines()).toContainEqual(
      expect.objectContaining({ event: 'http.done', route: '/verify', payment: 'anchor', outcome: 'valid' }),
    );
  });

  it('refuses an `accepted` that is not what the seller requires', async () => {
    const { app } = site();
    const request = requestV2();
    const payload = { ...request, paymentRequirements: { ...request.paymentRequirements, amount: '1' } };
    const response = await app.inject({ method: 'POST', url: '/verify', payload });
    expect(response.statusCode).toBe(200);
    expect(response.json()).toMatchObject({ isValid: false, invalidReason: 'invalid_payment_requirements' });
  });

  it('shows what to send, and the example is well-formed', async () => {
    const { app } = verifying({ status: 'invalid', reason: 'invalid_exact_evm_signature', message: 'words' });
    for (const url of ['/verify', '/settle', '/pay']) {
      const guide = (await app.inject({ url })).json();
      expect(guide).toMatchObject({ endpoint: url, method: 'POST' });
      const response = await app.inject({ method: 'POST', url: '/verify', payload: guide.example });
      expect(response.json()).toMatchObject({ isValid: false, invalidReason: 'invalid_exact_evm_signature' });
    }
  });
});

describe('the reference client', () => {
  async function client(engine: Partial<Engine>) {
    const { app } = site(engine);
    const url = await app.listen({ host: '127.0.0.1', port: 0 });
    onTestFinished(() => app.close());
    return new HTTPFacilitatorClient({ url });
  }
  type Payload = Parameters<HTTPFacilitatorClient['verify']>[0];
  type Requirements = Parameters<HTTPFacilitatorClient['verify']>[1];
  const payload = requestV2().paymentPayload as unknown as Payload;
  const requirements = requestV2().paymentRequirements as unknown as Requirements;

  it('parses every answer', async () => {
    const facilitator = await client({
      verify: async () => ({ id: 'a', answer: { status: 'valid', payer: PAYER } }),
      settle: async () => ({
        id: 'a',
        answer: { status: 'failed', reason: 'settlement_pending', message: 'words', transaction: '0xaa', payer: PAYER },
      }),
    });
    expect(await facilitator.verify(payload, requirements)).toMatchObject({ isValid: true, payer: PAYER });
    expect(await facilitator.settle(payload, requirements)).toMatchObject({
      success: false,
      errorReason: 'settlement_pending',
      transaction: '0xaa',
      network: 'eip155:84532',
    });
    const supported = await facilitator.getSupported();
    const extra = { batching: 'auto' };
    expect(supported.kinds).toContainEqual({ x402Version: 2, scheme: 'exact', network: 'eip155:84532', extra });
  });

  it('reads the reason out of an answer that is not 200', async () => {
    const facilitator = await client({
      verify: async () => ({
        id: 'a',
        answer: { status: 'unavailable', message: 'The RPC is away.', retryAfter: 2 },
      }),
    });
    await expect(facilitator.verify(payload, requirements)).rejects.toMatchObject({
      name: 'VerifyError',
      statusCode: 503,
      invalidReason: 'unexpected_verify_error',
    });
    const malformed = { ...requirements, payTo: undefined } as unknown as Requirements;
    await expect(facilitator.settle(payload, malformed)).rejects.toMatchObject({
      name: 'SettleError',
      statusCode: 400,
      errorReason: 'invalid_payload',
    });
  });
});
