import { describe, expect, it } from 'vitest';
import {
  bodyV1,
  bodyV2,
  PAYER,
  payloadV1,
  payloadV2,
  requirementsV1,
  requirementsV2,
  without,
} from '../../tests/bodies.ts';
import { createNetworks } from '../registry/networks.ts';
import { decodePaymentRequest } from './decode.ts';

const networks = createNetworks();
const decode = (body: unknown) => decodePaymentRequest(body, networks);

describe('well formed, not takeable', () => {
  const v1 = { version: 1, spelling: 'base-sepolia', payer: PAYER };
  const v2 = { version: 2, spelling: 'eip155:84532', payer: PAYER };
  const accepting = (change: Record<string, unknown>) => ({
    ...bodyV2(),
    paymentPayload: { ...payloadV2(), accepted: { ...requirementsV2(), ...change } },
  });
  const cases: readonly (readonly [string, unknown, object, RegExp])[] = [
    [
      'an unknown network',
      { ...bodyV1(), paymentRequirements: { ...requirementsV1(), network: 'atlantis' } },
      { ...v1, spelling: 'atlantis', reason: 'invalid_network' },
      /"atlantis" is not known here.*base-sepolia/,
    ],
    [
      'another scheme inside',
      { ...bodyV1(), paymentPayload: { ...payloadV1(), scheme: 'upto' } },
      { ...v1, reason: 'invalid_scheme' },
      /"upto".*"exact"/,
    ],
    [
      'another network inside',
      { ...bodyV1(), paymentPayload: { ...payloadV1(), network: 'base' } },
      { ...v1, reason: 'invalid_exact_evm_network_mismatch' },
      /"base".*base-sepolia/,
    ],
    [
      'another network inside, not EVM',
      { ...bodyV1(), paymentRequirements: { ...requirementsV1(), network: 'near' } },
      { ...v1, spelling: 'near', reason: 'invalid_network' },
      /"base-sepolia".*near/,
    ],
    ['another scheme accepted', accepting({ scheme: 'upto' }), mismatch(v2), /scheme is "upto".*"exact"/],
    ['another network accepted', accepting({ network: 'eip155:8453' }), mismatch(v2), /network is "eip155:8453"/],
    ['a lower amount accepted', accepting({ amount: '1' }), mismatch(v2), /amount is "1".*"25000"/],
    ['another asset accepted', accepting({ asset: PAYER }), mismatch(v2), /asset is/],
    ['another payee accepted', accepting({ payTo: PAYER }), mismatch(v2), /payTo is/],
    [
      'several terms that differ',
      accepting({ payTo: PAYER, amount: 3 }),
      mismatch(v2),
      /amount is "3".*payTo is "0x1111/,
    ],
    [
      'top-level accepted beside requirements',
      {
        ...bodyV2(),
        paymentPayload: without(payloadV2(), 'accepted'),
        accepted: { ...requirementsV2(), payTo: PAYER },
      },
      mismatch(v2),
      /payTo is/,
    ],
    [
      'the accepted of the payload against top-level requirements',
      {
        x402Version: 2,
        paymentPayload: payloadV2(),
        accepted: { ...requirementsV2(), amount: '9' },
      },
      mismatch(v2),
      /amount is "25000" in accepted and "9"/,
    ],
  ];

  function mismatch(caller: object): object {
    return { ...caller, reason: 'invalid_payment_requirements' };
  }

  it.each(cases)('%s', (_, body, expected, message) => {
    const read = decode(body);
    expect(read).toMatchObject({ status: 'refused', ...expected });
    expect(read.status === 'refused' && read.message).toMatch(message);
  });

  it('compares base58 addresses in their own case', () => {
    const mint = 'EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v';
    const requirements = { ...requirementsV2(), network: 'solana', asset: mint };
    const body = {
      x402Version: 2,
      paymentPayload: { ...payloadV2(), accepted: { ...requirements, asset: mint.toLowerCase() } },
      paymentRequirements: requirements,
    };
    expect(decode(body)).toMatchObject({ status: 'refused', reason: 'invalid_payment_requirements' });
  });
});
