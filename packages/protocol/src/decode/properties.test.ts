import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyPayment, jsonObject } from '../../tests/arbitraries.ts';
import { bodyV1, bodyV2 } from '../../tests/bodies.ts';
import { encodePaymentRequest } from '../encode/request.ts';
import { createNetworks } from '../registry/networks.ts';
import { decodePaymentRequest } from './decode.ts';
import { tooDeep } from './depth.ts';

const networks = createNetworks();
const decode = (body: unknown) => decodePaymentRequest(body, networks);

/** What a body of any kind may become; a throw fails the property. */
function answered(body: unknown): boolean {
  const read = decode(body);
  if (read.status === 'malformed') return read.issues.length > 0 && read.issues.every(({ path }) => path !== '');
  return read.status === 'refused' ? read.message !== '' : typeof read.payment.terms.amount === 'bigint';
}

/** `value` with one of its fields, however deep, replaced. */
function bent(value: unknown, choose: (count: number) => number, replacement: unknown): unknown {
  if (typeof value !== 'object' || value === null) return replacement;
  const entries = Object.entries(value);
  if (entries.length === 0) return replacement;
  const chosen = choose(entries.length);
  const changed = entries.map(([name, child], index): [string, unknown] => {
    if (index !== chosen) return [name, child];
    return [name, choose(2) === 0 ? replacement : bent(child, choose, replacement)];
  });
  return Object.fromEntries(changed);
}

describe('decode', () => {
  it('gives back what encode wrote, through JSON, in both versions and every spelling', () => {
    fc.assert(
      fc.property(anyPayment, (payment) => {
        const body: unknown = JSON.parse(JSON.stringify(encodePaymentRequest(payment)));
        expect(decode(body)).toEqual({ status: 'payment', payment });
      }),
      { numRuns: 1000 },
    );
  });

  it('answers anything', () => {
    fc.assert(fc.property(fc.anything({ maxDepth: 6, withBigInt: true, withNullPrototype: true }), answered), {
      numRuns: 2000,
    });
  });

  it('answers bodies that are nearly right', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(bodyV1, bodyV2),
        fc.array(fc.nat(), { minLength: 8, maxLength: 8 }),
        fc.oneof(
          fc.anything(),
          fc.double(),
          fc.maxSafeInteger(),
          fc.string({ unit: 'binary', maxLength: 200 }),
          jsonObject,
        ),
        (body, choices, replacement) => {
          const left = [...choices];
          return answered(bent(body(), (count) => (left.shift() ?? 0) % count, replacement));
        },
      ),
      { numRuns: 5000 },
    );
  });

  it('answers any fields under the right names', () => {
    const names = ['x402Version', 'paymentPayload', 'paymentRequirements', 'paymentHeader', 'accepted', 'resource'];
    const anyBody = fc.record(Object.fromEntries(names.map((name) => [name, fc.oneof(fc.anything(), jsonObject)])), {
      requiredKeys: [],
    });
    fc.assert(
      fc.property(anyBody, fc.constantFrom(1, 2, undefined), (body, version) =>
        answered(version === undefined ? body : { ...body, x402Version: version }),
      ),
      { numRuns: 2000 },
    );
  });

  it('answers bodies nested a million levels deep', () => {
    let body: unknown = {};
    for (let level = 0; level < 1_000_000; level += 1) body = { paymentPayload: body };
    expect(decode(body)).toMatchObject({ status: 'malformed', issues: [{ path: 'body' }] });
  });

  it('answers strings of millions of characters', () => {
    const huge = '\u{1F4B8}'.repeat(2_000_000);
    const body = { ...bodyV1(), paymentHeader: huge, paymentRequirements: { network: huge, payTo: huge } };
    expect(decode(body).status).toBe('malformed');
    expect(JSON.stringify(decode(body)).length).toBeLessThan(2000);
  });

  it('leaves prototypes alone', () => {
    const body: unknown = JSON.parse(
      `{"__proto__":{"x402Version":1},"paymentPayload":{"__proto__":{"scheme":"exact"},"payload":{"__proto__":{"polluted":1}}}}`,
    );
    expect(decode(body)).toMatchObject({ status: 'malformed' });
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

describe('tooDeep', () => {
  /** The obvious way to say it, fit for shallow values only. */
  function depth(value: unknown): number {
    if (typeof value !== 'object' || value === null) return 0;
    return 1 + Math.max(0, ...Object.values(value).map(depth));
  }

  it('agrees with counting', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 8 }), fc.integer({ min: 0, max: 10 }), (value, limit) => {
        expect(tooDeep(value, limit)).toBe(depth(value) > limit);
      }),
      { numRuns: 1000 },
    );
  });
});
