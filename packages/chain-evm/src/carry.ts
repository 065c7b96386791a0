/** The call that pays: what is simulated before is what is sent after. */
import { encodeAggregate3 } from './abi/aggregate3.ts';
import { transferByKeyCall, transferByWalletCall } from './abi/calls.ts';
import type { EvmAuthorization } from './authorization.ts';
import type { Hex } from './hash/hex.ts';
import type { GasCeilings } from './policy.ts';

/** A transaction but for nonce and fees. */
export type Carriage = { readonly to: Hex; readonly data: Hex; readonly gas: bigint };

export type CarryOptions = {
  readonly multicall3: Hex;
  readonly gas: GasCeilings;
  /** Whether the wallet of an ERC-6492 signature is known to exist by now. */
  readonly isDeployed: (account: Hex) => boolean;
};

/** What a transaction costs before its first payment: 21,000, and Multicall3's own work. */
const GROUP_GAS = 60_000n;

/** Calldata for the token: the v, r, s overload for keys, the bytes overload for contracts. */
export function transferCall({ transfer, signature }: EvmAuthorization): Hex {
  if (signature.form === 'key') return transferByKeyCall(transfer, signature.v, signature.r, signature.s);
  return transferByWalletCall(transfer, signature.bytes);
}

/** One payment by a call of the token itself, several by Multicall3. Throws when there is none. */
export function carry(authorizations: readonly EvmAuthorization[], options: CarryOptions): Carriage {
  const [one, ...others] = authorizations;
  if (one === undefined) throw new Error('a transaction must carry a payment');
  return others.length === 0 ? carryOne(one, options) : carryGroup(authorizations, options);
}

function carryOne(authorization: EvmAuthorization, { multicall3, gas, isDeployed }: CarryOptions): Carriage {
  const { token, signature, transfer } = authorization;
  const data = transferCall(authorization);
  if (signature.form !== 'undeployed') return { to: token, data, gas: gas[signature.form] };
  if (isDeployed(transfer.from)) return { to: token, data, gas: gas.wallet };
  return {
    to: multicall3,
    data: encodeAggregate3([
      // Somebody may have deployed it in the meantime.
      { target: signature.factory, mayFail: true, data: signature.deployment },
      { target: token, mayFail: false, data },
    ]),
    gas: gas.undeployed,
  };
}

/** Each may fail by itself: what happened to it shows in the logs, never in the transaction's status. */
function carryGroup(authorizations: readonly EvmAuthorization[], { multicall3, gas }: CarryOptions): Carriage {
  if (authorizations.some(({ signature }) => signature.form !== 'key')) {
    throw new Error('a payment that runs the payer’s code goes alone: it could burn the gas of the others');
  }
  return {
    to: multicall3,
    data: encodeAggregate3(
      authorizations.map((each) => ({ target: each.token, mayFail: true, data: transferCall(each) })),
    ),
    gas: GROUP_GAS + gas.grouped * BigInt(authorizations.length),
  };
}

/** How many payments fit into one transaction of at most `room` gas. */
export function fitting(room: bigint, { grouped }: GasCeilings): number {
  return room < GROUP_GAS + grouped ? 1 : Number((room - GROUP_GAS) / grouped);
}
