/** What a payment may cost: its gas ceiling times the fee ceiling, the fee for data on the chain below included. */
import type { EvmAuthorization, PayerSignature } from '../authorization.ts';
import type { EvmPolicy } from '../policy.ts';
import type { DataFees } from './data-fees.ts';
import type { FeeBook } from './fee-book.ts';

export type LimitsOptions = {
  readonly policy: Pick<EvmPolicy, 'gas' | 'maxFeePerGas'>;
  readonly fees: Pick<FeeBook, 'cap' | 'price'>;
  readonly dataFees: DataFees;
};

export type Limits = {
  /** Wei that a payment may cost at most, at the prices of now; one of the dearest kind unless given. */
  ceiling(authorization?: EvmAuthorization): bigint;
  /** Why it would cost more than allowed, at the prices of now; undefined when it would not or nothing recent is known. */
  tooDear(authorization: EvmAuthorization): string | undefined;
};

const FORMS: readonly PayerSignature['form'][] = ['key', 'wallet', 'undeployed'];

export function createLimits({ policy: { gas, maxFeePerGas }, fees, dataFees }: LimitsOptions): Limits {
  const dearest = FORMS.reduce((most, form) => (gas[form] > most ? gas[form] : most), 0n);

  return {
    ceiling: (authorization) =>
      (authorization === undefined ? dearest : gas[authorization.signature.form]) * fees.cap() + dataFees.most(),
    tooDear({ signature }) {
      const price = fees.price() ?? 0n;
      if (price > maxFeePerGas) return `gas is at ${price} wei, and the ceiling is ${maxFeePerGas} wei`;
      const limit = gas[signature.form] * maxFeePerGas;
      const data = dataFees.current() ?? 0n;
      if (gas[signature.form] * price + data <= limit) return undefined;
      return `the fee for data on the chain below is ${data} wei, and a payment may cost ${limit} wei in all`;
    },
  };
}
