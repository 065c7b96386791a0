import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HTTPFacilitatorClient } from '@x402/core/http';
import { FacilitatorClient, parsePaymentHeader } from 'uvd-x402-sdk/backend';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ErrorReasons, SettleResponseSchema, VerifyResponseSchema } from 'x402/types';
import { PAYER, payloadV1, payloadV2, requirementsV1, requirementsV2 } from '../../tests/bodies.ts';
import type { SettleAnswer, VerifyAnswer } from '../payment.ts';
import { REASONS, type Reason, wireReason } from '../reasons.ts';
import { type Caller, encodeSettleAnswer, encodeVerifyAnswer } from './answers.ts';

const V1: Caller = { version: 1, spelling: 'base-sepolia' };
const V2: Caller = { version: 2, spelling: 'eip155:84532' };
const HASH = `0x${'c4'.repeat(32)}`;
const LOCATOR = { logIndex: 3, authorizationNonce: `0x${'07'.repeat(32)}`, batchSize: 50 };
const ALL = Object.keys(REASONS) as Reason[];
const CLOSED = new Set<string>(ErrorReasons);
const IN_V1_LIST = ALL.filter((reason) => CLOSED.has(wireReason(reason, 1)));

const VALID: VerifyAnswer = { status: 'valid', payer: PAYER };
const SETTLED: SettleAnswer = {
  status: 'settled',
  payer: PAYER,
  transaction: HASH,
  amount: 25000n,
  locator: LOCATOR,
};

function invalid(reason: Reason): VerifyAnswer {
  return { status: 'invalid', reason, message: 'why', payer: PAYER };
}

function failed(reason: Reason): SettleAnswer {
  return { status: 'failed', reason, message: 'why', payer: PAYER, transaction: '' };
}

const PENDING: SettleAnswer = {
  status: 'pending',
  reason: 'settlement_pending',
  message: 'not yet',
  payer: PAYER,
  transaction: HASH,
};

describe('v1', () => {
  it('valid', () => {
    expect(encodeVerifyAnswer(V1, VALID)).toEqual({ isValid: true, payer: PAYER, valid: true });
  });

  it('invalid', () => {
    expect(encodeVerifyAnswer(V1, invalid('invalid_exact_evm_insufficient_balance'))).toEqual({
      isValid: false,
      invalidReason: 'insufficient_funds',
      invalidMessage: 'why',
      payer: PAYER,
      valid: false,
      reason: 'insufficient_funds',
    });
  });

  it('settled, with every name the hash has', () => {
    expect(encodeSettleAnswer(V1, SETTLED)).toEqual({
      success: true,
      transaction: HASH,
      network: 'base-sepolia',
      payer: PAYER,
      isValid: true,
      transactionHash: HASH,
      transaction_hash: HASH,
      tx_hash: HASH,
    });
  });

  it('failed, with nothing that could pass for success', () => {
    expect(encodeSettleAnswer(V1, failed('invalid_exact_evm_signature'))).toEqual({
      success: false,
      errorReason: 'invalid_exact_evm_payload_signature',
      errorMessage: 'why',
      transaction: '',
      network: 'base-sepolia',
      payer: PAYER,
      isValid: false,
      invalidReason: 'invalid_exact_evm_payload_signature',
      error_reason: 'invalid_exact_evm_payload_signature',
    });
  });

  it('leaves out a payer that is not known', () => {
    const answer: SettleAnswer = { status: 'failed', reason: 'invalid_network', message: 'why', transaction: '' };
    expect(encodeSettleAnswer(V1, answer)).not.toHaveProperty('payer');
  });

  it('parses with the v1 SDK’s schemas for every reason in their closed list', () => {
    expect(IN_V1_LIST.length).toBeGreaterThan(15);
    // The SDK's own facilitator answers with an empty transaction when it sent none, which its schema refuses.
    const settle = SettleResponseSchema.omit({ transaction: true });
    expect(VerifyResponseSchema.parse(encodeVerifyAnswer(V1, VALID))).toEqual({ isValid: true, payer: PAYER });
    expect(SettleResponseSchema.safeParse(encodeSettleAnswer(V1, SETTLED)).error).toBeUndefined();
    for (const reason of IN_V1_LIST) {
      expect(VerifyResponseSchema.safeParse(encodeVerifyAnswer(V1, invalid(reason))).error).toBeUndefined();
      expect(settle.safeParse(encodeSettleAnswer(V1, failed(reason))).error).toBeUndefined();
    }
  });
});

describe('v2', () => {
  it('valid', () => {
    expect(encodeVerifyAnswer(V2, VALID)).toEqual({ isValid: true, payer: PAYER });
  });

  it('invalid', () => {
    expect(encodeVerifyAnswer(V2, invalid('invalid_exact_evm_insufficient_balance'))).toEqual({
      isValid: false,
      invalidReason: 'invalid_exact_evm_insufficient_balance',
      invalidMessage: 'why',
      payer: PAYER,
    });
  });

  it('settled, with amount and locator', () => {
    expect(encodeSettleAnswer(V2, SETTLED)).toEqual({
      success: true,
      transaction: HASH,
      network: 'eip155:84532',
      payer: PAYER,
      amount: '25000',
      extra: LOCATOR,
      transactionHash: HASH,
      transaction_hash: HASH,
    });
  });

  it('pending, with the hash in its official place only', () => {
    expect(encodeSettleAnswer(V2, PENDING)).toEqual({
      success: false,
      errorReason: 'settlement_pending',
      errorMessage: 'not yet',
      transaction: HASH,
      network: 'eip155:84532',
      payer: PAYER,
    });
  });

  it('always has a payer', () => {
    const answer: SettleAnswer = { status: 'failed', reason: 'invalid_network', message: 'why', transaction: '' };
    expect(encodeSettleAnswer(V2, answer)).toMatchObject({ payer: '' });
  });
});

describe('through clients nobody here wrote', () => {
  let server: Server;
  let url: string;
  let answer: unknown;

  beforeAll(async () => {
    server = createServer((_, response) =>
      response.setHeader('content-type', 'application/json').end(JSON.stringify(answer)),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  beforeEach(() => {
    answer = undefined;
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  type CoreClient = HTTPFacilitatorClient;
  const payload = () => payloadV2() as unknown as Parameters<CoreClient['verify']>[0];
  const requirements = () => requirementsV2() as unknown as Parameters<CoreClient['verify']>[1];

  it('@x402/core reads every answer as it was meant', async () => {
    const client = new HTTPFacilitatorClient({ url });
    answer = encodeVerifyAnswer(V2, VALID);
    expect(await client.verify(payload(), requirements())).toMatchObject({ isValid: true, payer: PAYER });
    answer = encodeSettleAnswer(V2, SETTLED);
    expect(await client.settle(payload(), requirements())).toMatchObject({
      success: true,
      transaction: HASH,
      network: 'eip155:84532',
      amount: '25000',
      extra: LOCATOR,
    });
    answer = encodeSettleAnswer(V2, PENDING);
    expect(await client.settle(payload(), requirements())).toMatchObject({
      success: false,
      errorReason: 'settlement_pending',
      transaction: HASH,
    });
    for (const reason of ALL) {
      answer = encodeVerifyAnswer(V2, invalid(reason));
      expect(await client.verify(payload(), requirements())).toMatchObject({ isValid: false, invalidReason: reason });
      answer = encodeSettleAnswer(V2, failed(reason));
      expect(await client.settle(payload(), requirements())).toMatchObject({ success: false, errorReason: reason });
    }
  });

  it('uvd-x402-sdk finds the hash of a success, and none in a failure', async () => {
    const client = new FacilitatorClient({ baseUrl: url });
    const header = parsePaymentHeader(Buffer.from(JSON.stringify(payloadV1())).toString('base64'));
    if (header === null) throw new Error('the client does not read its own header');
    const asked = requirementsV1() as unknown as Parameters<FacilitatorClient['settle']>[1];
    for (const caller of [V1, V2]) {
      answer = encodeSettleAnswer(caller, SETTLED);
      expect(await client.settle(header, asked)).toMatchObject({ success: true, transactionHash: HASH });
      answer = encodeSettleAnswer(caller, PENDING);
      expect((await client.settle(header, asked)).transactionHash).toBeUndefined();
      answer = encodeVerifyAnswer(caller, invalid('invalid_network'));
      expect(await client.verify(header, asked)).toMatchObject({ isValid: false, invalidReason: 'invalid_network' });
    }
  });
});
