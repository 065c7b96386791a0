/** Asks a chain what a call would do, where a revert is an answer and not a fault. */
import { type Address, decodeErrorResult, type Hex, isHex } from 'viem';
import type { Anvil } from './anvil.ts';
import { hex } from './hex.ts';
import { RefusedCall } from './rpc.ts';

export type Call = { readonly to: Address; readonly data: Hex; readonly from?: Address };

export type CallOutcome =
  | { readonly status: 'passed'; readonly data: Hex }
  /** `text` is what `revert("...")` said; empty for custom errors and bare reverts. */
  | { readonly status: 'reverted'; readonly text: string; readonly data: Hex };

// Error(string)
const TEXT_SELECTOR = '0x08c379a0';

/** Runs a call on the latest block. Rejects when the node cannot be asked. */
export async function tryCall(chain: Pick<Anvil, 'rpc'>, call: Call): Promise<CallOutcome> {
  try {
    return { status: 'passed', data: hex(await chain.rpc('eth_call', [call, 'latest'])) };
  } catch (fault) {
    if (!(fault instanceof RefusedCall) || !isHex(fault.data)) throw fault;
    return { status: 'reverted', text: textOf(fault.data), data: fault.data };
  }
}

function textOf(data: Hex): string {
  return data.startsWith(TEXT_SELECTOR) ? `${decodeErrorResult({ abi: [], data }).args?.[0]}` : '';
}
