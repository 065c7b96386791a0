import { PaymentPayloadSchema, PaymentRequirementsV1Schema, PaymentRequirementsV2Schema } from '@x402/core/schemas';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  PaymentPayloadSchema as SdkV1PayloadSchema,
  PaymentRequirementsSchema as SdkV1RequirementsSchema,
} from 'x402/types';
import { anyPayment } from '../../tests/arbitraries.ts';
import { bodyV1, bodyV2 } from '../../tests/bodies.ts';
import { decodePaymentRequest } from '../decode/decode.ts';
import type { Payment } from '../payment.ts';
import { createNetworks } from '../registry/networks.ts';
import { encodePaymentRequest } from './request.ts';

const networks = createNetworks();

function payment(body: unknown): Payment {
  const read = decodePaymentRequest(body, networks);
  if (read.status !== 'payment') throw new Error(JSON.stringify(read));
  return read.payment;
}

describe('encodePaymentRequest', () => {
  it('writes the v2 body that was read', () => {
    expect(encodePaymentRequest(payment(bodyV2()))).toEqual(bodyV2());
  });

  it('writes the v1 body that was read, which the v1 SDK accepts', () => {
    const body = bodyV1();
    const written = encodePaymentRequest(payment(body));
    const { outputSchema: _, ...requirements } = body['paymentRequirements'] as Record<string, unknown>;
    expect(written).toEqual({ ...body, paymentRequirements: requirements });
    expect(SdkV1PayloadSchema.safeParse(written['paymentPayload']).error).toBeUndefined();
    expect(SdkV1RequirementsSchema.safeParse(written['paymentRequirements']).error).toBeUndefined();
  });

  it('writes what the official schemas accept, wherever they allow the values at all', () => {
    // The schemas want a CAIP-2 id in v2 and a non-empty address of the resource; the spelling and the resource are the caller's.
    const official = anyPayment.filter(
      ({ version, spelling, resource }) => resource.url !== '' && (version === 1 || spelling.includes(':')),
    );
    fc.assert(
      fc.property(official, (given) => {
        const { paymentPayload, paymentRequirements } = encodePaymentRequest(given);
        const schema = given.version === 1 ? PaymentRequirementsV1Schema : PaymentRequirementsV2Schema;
        expect(schema.safeParse(paymentRequirements).error).toBeUndefined();
        expect(PaymentPayloadSchema.safeParse(paymentPayload).error).toBeUndefined();
      }),
    );
  });
});
