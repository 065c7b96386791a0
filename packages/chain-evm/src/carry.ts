/** What pays: made once from how the payer signed, simulated before and sent after. */
import { type Call, encodeAggregate3 } from './abi/aggregate3.ts';
import { transferByKeyCall, transferByWalletCall } from './abi/calls.ts';
import type { EvmAuthorization } from './authorization.ts';
import type { Hex } from './hash/hex.ts';
import type { GasCeilings } from './policy.ts';

/** A transaction but for nonce and fees. */
export type Carriage = { readonly to: Hex; readonly data: Hex; readonly gas: bigint };

/** One payment by itself: what is called for it, in order, and the most gas that may take. */
export type Plan = { readonly deployment: Call | undefined; readonly transfer: Call; readonly gas: bigint };

export type CarryOptions = { readonly multicall3: Hex; readonly gas: GasCeilings };

/** What a transaction costs before its first payment: 21,000, and Multicall3's own work. */
const GROUP_GAS = 60_000n;

/** Calldata for the token: the v, r, s overload for keys, the bytes overload for contracts. */
function transferCall({ transfer, signature }: EvmAuthorization): Hex {
  if (signature.form === 'key') return transferByKeyCall(transfer, signature.v, signature.r, signature.s);
  return transferByWalletCall(transfer, signature.bytes);
}

/** Both the look at a payment and the transaction that carries it alone are made from this. */
export function planOf(authorization: EvmAuthorization, gas: GasCeilings): Plan {
  const { token, signature } = authorization;
  const transfer = { target: token, mayFail: false, data: transferCall(authorization) };
  // Somebody else may deploy it first.
  const deployment =
    signature.form === 'undeployed'
      ? { target: signature.factory, mayFail: true, data: signature.deployment }
      : undefined;
  return { deployment, transfer, gas: gas[signature.form] };
}

/** One payment by a call of the token itself, several by Multicall3. Throws when there is none. */
export function carry(authorizations: readonly EvmAuthorization[], options: CarryOptions): Carriage {
  const [one, ...others] = authorizations;
  if (one === undefined) throw new Error('a transaction must carry a payment');
  return others.length === 0 ? carryOne(planOf(one, options.gas), options) : carryGroup(authorizations, options);
}

function carryOne({ deployment, transfer, gas }: Plan, { multicall3 }: CarryOptions): Carriage {
  if (deployment === undefined) return { to: transfer.target, data: transfer.data, gas };
  return { to: multicall3, data: encodeAggregate3([deployment, transfer]), gas };
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
