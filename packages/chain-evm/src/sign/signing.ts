/** Which payments share a transaction, and the transactions that carry them. */
import type { Attempt, Signed, Signer } from '@facilitator/engine';
import type { EvmAuthorization } from '../authorization.ts';
import { type Carriage, type CarryOptions, carry, fitting } from '../carry.ts';
import { bump } from '../fees/bump.ts';
import type { FeeBook } from '../fees/fee-book.ts';
import type { Limits } from '../fees/limits.ts';
import { lowerAddress } from '../hash/hex.ts';
import type { EvmPolicy } from '../policy.ts';
import { callOf, feesOf, signTransaction } from './transaction.ts';

export type SigningOptions = CarryOptions & {
  readonly chainId: number;
  readonly signers: readonly Signer[];
  readonly fees: FeeBook;
  readonly limits: Limits;
  readonly policy: EvmPolicy;
  /** Gas that fits into a block; undefined while it is not known. */
  readonly blockGas: () => bigint | undefined;
};

export type Signing = {
  capacity(): number;
  sign(from: string, nonce: bigint, items: readonly EvmAuthorization[]): Promise<Signed>;
  replace(attempt: Attempt, items: readonly EvmAuthorization[] | 'same'): Promise<Signed | undefined>;
};

/** EIP-7825: no transaction may use more. */
const TRANSACTION_GAS = 16_777_216n;

export function createSigning(options: SigningOptions): Signing {
  const { chainId, fees, policy } = options;
  const bySender = new Map(options.signers.map((signer) => [signer.address.toLowerCase(), signer]));

  function capacity(): number {
    const blockGas = options.blockGas();
    if (blockGas === undefined) return 1;
    // Large transactions wait longer for a block, and share the fate of their worst payment.
    const shares = [(blockGas * 15n) / 100n, (TRANSACTION_GAS * 60n) / 100n];
    return Math.max(1, Math.min(policy.company, ...shares.map((room) => fitting(room, policy.gas))));
  }

  return {
    capacity,
    async sign(from, nonce, items) {
      const signer = bySender.get(from.toLowerCase());
      if (signer === undefined) throw new Error(`no key signs for ${from}`);
      if (items.length > capacity()) throw new Error(`${items.length} payments do not fit into one transaction`);
      const offer = await fees.quote();
      for (const item of items) {
        const why = options.limits.tooDear(item);
        if (why !== undefined) throw new Error(`it costs too much: ${why}`);
      }
      return signTransaction(signer, { ...carriage(from, items), chainId, nonce, fees: offer });
    },
    async replace({ signer: from, nonce, bytes }, items) {
      const signer = bySender.get(from.toLowerCase());
      // The key is no longer in the pool.
      if (signer === undefined) return undefined;
      const offered = bump(feesOf(bytes), await fees.quote(), policy.maxFeePerGas);
      if (offered === undefined) return undefined;
      const call = items === 'same' ? callOf(bytes) : carriage(from, items);
      return signTransaction(signer, { ...call, chainId, nonce, fees: offered });
    },
  };

  /** Without payments: a transaction to oneself, which only uses the nonce up. */
  function carriage(from: string, items: readonly EvmAuthorization[]): Carriage {
    if (items.length > 0) return carry(items, options);
    const to = lowerAddress(from);
    if (to === undefined) throw new Error(`${from} is not an address`);
    return { to, data: '0x', gas: policy.gas.key };
  }
}
