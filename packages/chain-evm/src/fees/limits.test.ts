import { beforeEach, describe, expect, it } from 'vitest';
import { type HandClock, handClock } from '../../tests/clock.ts';
import type { EvmAuthorization, PayerSignature } from '../authorization.ts';
import { createDataFees, type DataFees } from './data-fees.ts';
import { createLimits, type Limits } from './limits.ts';

const GAS = { key: 150n, grouped: 110n, wallet: 500n, undeployed: 1_000n };
const signedAs = (form: PayerSignature['form']) => ({ signature: { form } }) as EvmAuthorization;

let clock: HandClock;
let dataFees: DataFees;
let price: bigint | undefined;
let limits: Limits;
beforeEach(() => {
  clock = handClock();
  dataFees = createDataFees(clock);
  price = 10n;
  limits = createLimits({
    policy: { gas: GAS, maxFeePerGas: 100n },
    fees: { cap: () => 21n, price: () => price },
    dataFees,
  });
});

describe('the ceiling of a payment', () => {
  it('is its gas at the fee cap of now; of the dearest kind without a payment', () => {
    expect(limits.ceiling(signedAs('key'))).toBe(150n * 21n);
    expect(limits.ceiling(signedAs('wallet'))).toBe(500n * 21n);
    expect(limits.ceiling()).toBe(1_000n * 21n);
  });

  it('has room for twice the data fee that was last seen, by the payment', () => {
    dataFees.learn(1_000n, 4);
    expect(limits.ceiling(signedAs('key'))).toBe(150n * 21n + 500n);
    clock.move(3_600_000);
    expect(limits.ceiling(signedAs('key'))).toBe(150n * 21n + 500n);
  });
});

describe('a payment is too dear', () => {
  it('when gas is above the fee ceiling', () => {
    price = 101n;
    expect(limits.tooDear(signedAs('key'))).toBe('gas is at 101 wei, and the ceiling is 100 wei');
    price = undefined;
    expect(limits.tooDear(signedAs('key'))).toBeUndefined();
  });

  it('when gas and data together are more than its gas ceiling at the fee ceiling', () => {
    // 15,000 in all, 1,500 of it for gas now.
    dataFees.learn(13_500n, 1);
    expect(limits.tooDear(signedAs('key'))).toBeUndefined();
    dataFees.learn(13_501n, 1);
    expect(limits.tooDear(signedAs('key'))).toMatch(/data .* is 13501 wei, and a payment may cost 15000 wei in all/);
    expect(limits.tooDear(signedAs('wallet'))).toBeUndefined();
  });

  it('by the highest data fee of ten minutes, and not for ever: one payment may look again', () => {
    dataFees.learn(20_000n, 1);
    clock.move(599_000);
    dataFees.learn(1n, 1);
    expect(limits.tooDear(signedAs('key'))).toBeDefined();
    clock.move(2_000);
    expect(limits.tooDear(signedAs('key'))).toBeUndefined();
    dataFees.learn(1n, 1);
    expect(limits.ceiling(signedAs('key'))).toBe(150n * 21n + 2n);
  });
});
