import { describe, expect, it } from 'vitest';
import {
  bodyV1,
  bodyV2,
  payloadV1,
  payloadV2,
  requirementsV1,
  requirementsV2,
  signedPayment,
} from '../../tests/bodies.ts';
import { createNetworks } from '../registry/networks.ts';
import { decodePaymentRequest } from './decode.ts';

const networks = createNetworks();

type Fault = readonly [path: string, message: RegExp];

function v1(change: Record<string, unknown>): unknown {
  return { ...bodyV1(), paymentRequirements: { ...requirementsV1(), ...change } };
}

function v2(change: Record<string, unknown>): unknown {
  return { ...bodyV2(), paymentPayload: { ...payloadV2(), ...change } };
}

const price = (value: unknown) => v1({ maxAmountRequired: value });
const identifier = (info: unknown) => v2({ extensions: { 'payment-identifier': { info } } });

const batching = (value: unknown) => v1({ extra: { batching: value } });
const BATCHING: readonly Fault[] = [
  ['paymentRequirements.extra.batching', /must be one of "off", "per-payee", "auto", or left out/],
];

const CASES: readonly (readonly [string, unknown, readonly Fault[]])[] = [
  ['null', null, [['body', /must be a JSON object/]]],
  ['batching of another name', batching('never'), BATCHING],
  ['batching in capitals', batching('OFF'), BATCHING],
  ['batching by a switch', batching(false), BATCHING],
  ['batching as an object', batching({ toString: 'off' }), BATCHING],
  ['batching as a list', batching(['off']), BATCHING],
  ['an array', [bodyV1()], [['body', /must be a JSON object/]]],
  ['text', 'paymentPayload', [['body', /must be a JSON object/]]],
  [
    'nothing in it',
    {},
    [
      ['x402Version', /is missing: the number 1 or 2/],
      ['paymentPayload', /is missing/],
      ['paymentRequirements', /is missing/],
    ],
  ],
  [
    'only the version',
    { x402Version: 2 },
    [
      ['paymentPayload', /is missing/],
      ['paymentRequirements', /is missing/],
    ],
  ],
  ['a payload that is text', { ...bodyV1(), paymentPayload: 'x' }, [['paymentPayload', /must be a JSON object/]]],
  ['a null payload', { ...bodyV1(), paymentPayload: null }, [['paymentPayload', /must be a JSON object/]]],
  [
    'v1 with top-level accepted',
    { x402Version: 1, paymentPayload: payloadV1(), accepted: requirementsV1() },
    [['paymentRequirements', /is missing/]],
  ],
  [
    'v2 whose only terms are the payer’s',
    { x402Version: 2, paymentPayload: payloadV2() },
    [['paymentRequirements', /is missing/]],
  ],
  [
    'a header that is not base64 of JSON',
    { x402Version: 1, paymentHeader: '%%%', paymentRequirements: requirementsV1() },
    [['paymentHeader', /base64 of the JSON/]],
  ],
  [
    'a header of another type',
    { x402Version: 1, paymentHeader: 7, paymentRequirements: requirementsV1() },
    [['paymentHeader', /base64 of the JSON/]],
  ],
  [
    'a fault inside the header',
    {
      x402Version: 1,
      paymentHeader: Buffer.from('{"scheme":"exact","network":3,"payload":{}}').toString('base64'),
      paymentRequirements: requirementsV1(),
    },
    [['paymentHeader.network', /must be a string/]],
  ],
  [
    'former names of fields',
    v1({ payTo: undefined, maxAmountRequired: undefined, recipient: 'x', amount: '1' }),
    [
      ['paymentRequirements.payTo', /found recipient: rename it to payTo/],
      ['paymentRequirements.maxAmountRequired', /found amount: rename it to maxAmountRequired/],
    ],
  ],
  ['no price', price(undefined), [['paymentRequirements.maxAmountRequired', /is missing: the price/]]],
  ['a null price', price(null), [['paymentRequirements.maxAmountRequired', /decimal string/]]],
  ['an unsafe number', price(2 ** 53), [['paymentRequirements.maxAmountRequired', /too large to be exact/]]],
  ['a negative price', price(-1), [['paymentRequirements.maxAmountRequired', /must not be negative/]]],
  ['a negative price as text', price('-1'), [['paymentRequirements.maxAmountRequired', /digits only/]]],
  ['a fraction', price(0.5), [['paymentRequirements.maxAmountRequired', /whole number/]]],
  ['a fraction as text', price('0.5'), [['paymentRequirements.maxAmountRequired', /digits only/]]],
  ['an empty price', price(''), [['paymentRequirements.maxAmountRequired', /digits only/]]],
  ['hexadecimal', price('0x10'), [['paymentRequirements.maxAmountRequired', /digits only/]]],
  ['digits of another script', price('١٢'), [['paymentRequirements.maxAmountRequired', /digits only/]]],
  [
    'one more than a uint256',
    price(`${2n ** 256n}`),
    [['paymentRequirements.maxAmountRequired', /larger than a uint256/]],
  ],
  [
    'a hundred thousand digits',
    price('9'.repeat(100_000)),
    [['paymentRequirements.maxAmountRequired', /larger than a uint256/]],
  ],
  ['no time', v1({ maxTimeoutSeconds: 0 }), [['paymentRequirements.maxTimeoutSeconds', /at least 1/]]],
  ['half a second', v1({ maxTimeoutSeconds: 0.5 }), [['paymentRequirements.maxTimeoutSeconds', /whole number/]]],
  ['an unsafe time', v1({ maxTimeoutSeconds: 2 ** 60 }), [['paymentRequirements.maxTimeoutSeconds', /whole number/]]],
  ['extra that is a list', v1({ extra: [] }), [['paymentRequirements.extra', /must be a JSON object/]]],
  ['extra that is text', v1({ extra: 'USDC' }), [['paymentRequirements.extra', /must be a JSON object/]]],
  ['an empty asset', v1({ asset: '' }), [['paymentRequirements.asset', /must not be empty/]]],
  ['a network that is a number', v1({ network: 84532 }), [['paymentRequirements.network', /must be a string/]]],
  ['an endless network', v1({ network: 'x'.repeat(129) }), [['paymentRequirements.network', /at most 128/]]],
  ['a resource that is a number', v1({ resource: 5 }), [['paymentRequirements.resource', /must be a string/]]],
  [
    'several faults at once, in payload and requirements',
    { ...bodyV1(), paymentPayload: { ...payloadV1(), payload: 'x' }, paymentRequirements: { scheme: 'exact' } },
    [
      ['paymentPayload.payload', /must be a JSON object/],
      ['paymentRequirements.network', /is missing/],
      ['paymentRequirements.asset', /is missing/],
      ['paymentRequirements.payTo', /is missing/],
      ['paymentRequirements.maxTimeoutSeconds', /is missing/],
      ['paymentRequirements.maxAmountRequired', /is missing/],
    ],
  ],
  [
    'v2 without a price',
    { ...bodyV2(), paymentRequirements: { ...requirementsV2(), amount: undefined } },
    [['paymentRequirements.amount', /is missing: the price/]],
  ],
  [
    'v2 with v1’s name for a wrong price',
    {
      ...bodyV2(),
      paymentRequirements: { ...requirementsV2(), amount: undefined, maxAmountRequired: 'x' },
    },
    [['paymentRequirements.maxAmountRequired', /digits only/]],
  ],
  ['accepted that is text', v2({ accepted: 'x' }), [['paymentPayload.accepted', /must be a JSON object/]]],
  [
    'accepted without a payee',
    v2({ accepted: { ...requirementsV2(), payTo: undefined } }),
    [['paymentPayload.accepted.payTo', /is missing/]],
  ],
  [
    'top-level accepted in place of requirements, with a fault',
    { x402Version: 2, paymentPayload: payloadV2(), accepted: { ...requirementsV2(), asset: 1 } },
    [['accepted.asset', /must be a string/]],
  ],
  ['a resource that is a list', v2({ resource: [] }), [['paymentPayload.resource', /must be a JSON object/]]],
  [
    'a resource with a wrong address',
    v2({ resource: { url: 7 } }),
    [['paymentPayload.resource.url', /must be a string/]],
  ],
  ['extensions that are a list', v2({ extensions: [] }), [['paymentPayload.extensions', /must be a JSON object/]]],
  ['a short payment identifier', identifier({ id: 'short' }), [[idPath(), /16 to 128/]]],
  ['a payment identifier with a space', identifier({ id: 'a b'.repeat(8) }), [[idPath(), /16 to 128/]]],
  ['a payment identifier that is a number', identifier({ id: 12345678901234 }), [[idPath(), /16 to 128/]]],
  ['a required payment identifier that is missing', identifier({ required: true }), [[idPath(), /server requires it/]]],
  [
    'a payment identifier without info',
    identifier(undefined),
    [['paymentPayload.extensions.payment-identifier.info', /must be an object/]],
  ],
  [
    'nesting deeper than 32 levels',
    { ...bodyV1(), paymentRequirements: { ...requirementsV1(), extra: nested(31) } },
    [['body', /deeper than 32 levels/]],
  ],
  [
    'nesting inside the header',
    {
      x402Version: 1,
      paymentHeader: Buffer.from(JSON.stringify({ ...payloadV1(), payload: nested(32) })).toString('base64'),
      paymentRequirements: requirementsV1(),
    },
    [['paymentHeader', /deeper than 32 levels/]],
  ],
];

const VERSIONS: readonly (readonly [string, unknown, Fault])[] = [
  ['an unknown number', { ...bodyV1(), x402Version: 3 }, ['x402Version', /must be the number 1 or 2/]],
  ['text', { ...bodyV1(), x402Version: '1' }, ['x402Version', /must be the number 1 or 2/]],
  [
    'an unknown number inside',
    { ...bodyV1(), paymentPayload: { ...payloadV1(), x402Version: 0 } },
    ['paymentPayload.x402Version', /must be the number 1 or 2/],
  ],
  ['two that disagree', { ...bodyV1(), x402Version: 2 }, ['paymentPayload.x402Version', /is 1 while x402Version is 2/]],
  [
    'two that disagree, one in the header',
    {
      x402Version: 1,
      paymentHeader: Buffer.from(JSON.stringify({ ...payloadV1(), x402Version: 2 })).toString('base64'),
      paymentRequirements: requirementsV1(),
    },
    ['paymentHeader.x402Version', /is 2 while x402Version is 1/],
  ],
];

function idPath(): string {
  return 'paymentPayload.extensions.payment-identifier.info.id';
}

function nested(levels: number): unknown {
  let value: unknown = 'bottom';
  for (let level = 0; level < levels; level += 1) value = level % 2 === 0 ? [value] : { value };
  return value;
}

describe('malformed requests name every faulty field and the fix', () => {
  it.each(CASES)('%s', (_, body, faults) => {
    const read = decodePaymentRequest(body, networks);
    expect(read).toMatchObject({ status: 'malformed', reason: 'invalid_payload' });
    const issues = read.status === 'malformed' ? read.issues : [];
    expect(issues.map(({ path }) => path)).toEqual(faults.map(([path]) => path));
    for (const [index, [, message]] of faults.entries()) expect(issues[index]?.message).toMatch(message);
  });

  it.each(VERSIONS)('version: %s', (_, body, [path, message]) => {
    expect(decodePaymentRequest(body, networks)).toEqual({
      status: 'malformed',
      reason: 'invalid_x402_version',
      issues: [{ path, message: expect.stringMatching(message) }],
    });
  });

  it('a body that nests exactly as deep as allowed is read', () => {
    // The body and the requirements are two levels, extra has thirty.
    const body = v1({ extra: { deep: nested(29) } });
    expect(decodePaymentRequest(body, networks).status).toBe('payment');
  });

  it('never repeats a signature', () => {
    const body = v2({ payload: undefined, signature: signedPayment()['signature'] });
    expect(JSON.stringify(decodePaymentRequest(body, networks))).not.toContain('abab');
  });
});
