/** The call that pays: what is simulated before is what is sent after. */
import { encodeAggregate3 } from './abi/aggregate3.ts';
import { transferByKeyCall, transferByWalletCall } from './abi/calls.ts';
import type { EvmAuthorization } from './authorization.ts';
import type { Hex } from './hash/hex.ts';
import type { GasCeilings } from './policy.ts';

/** A transaction but for nonce and fees. */
export type Carriage = { readonly to: Hex; readonly data: Hex; readonly gas: bigint };

/** Calldata for the token: the v, r, s overload for keys, the bytes overload for contracts. */
export function transferCall({ transfer, signature }: EvmAuthorization): Hex {
  if (signature.form === 'key') return transferByKeyCall(transfer, signature.v, signature.r, signature.s);
  return transferByWalletCall(transfer, signature.bytes);
}

/** `deployed`: whether the wallet of an ERC-6492 signature is known to exist by now. */
export function carry(
  authorization: EvmAuthorization,
  options: { readonly multicall3: Hex; readonly gas: GasCeilings; readonly deployed: boolean },
): Carriage {
  const { token, signature } = authorization;
  const data = transferCall(authorization);
  if (signature.form !== 'undeployed') return { to: token, data, gas: options.gas[signature.form] };
  if (options.deployed) return { to: token, data, gas: options.gas.wallet };
  return {
    to: options.multicall3,
    data: encodeAggregate3([
      // Somebody may have deployed it in the meantime.
      { target: signature.factory, mayFail: true, data: signature.deployment },
      { target: token, mayFail: false, data },
    ]),
    gas: options.gas.undeployed,
  };
}
