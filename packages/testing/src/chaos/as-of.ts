/** What a node that is some blocks behind says: the same chain, read as of an older head. */
import { isHex, numberToHex } from 'viem';
import type { Interception, RpcAnswer, RpcCall } from '../rpc-forwarder.ts';

/** Where methods have their block. */
const BLOCK_AT: Readonly<Record<string, number>> = {
  eth_getBlockByNumber: 0,
  eth_getBlockReceipts: 0,
  eth_call: 1,
  eth_estimateGas: 1,
  eth_feeHistory: 1,
  eth_getBalance: 1,
  eth_getCode: 1,
  eth_getTransactionCount: 1,
  eth_getProof: 2,
  eth_getStorageAt: 2,
};
/** Their answers say in which block it is. */
const BY_HASH = new Set(['eth_getTransactionReceipt', 'eth_getTransactionByHash', 'eth_getBlockByHash']);
const UNKNOWN_BLOCK = -32000;

/** The methods whose answers depend on the head. */
export const READS: readonly string[] = ['eth_blockNumber', 'eth_getLogs', ...Object.keys(BLOCK_AT), ...BY_HASH];

/** The node needs historic state. Reads that name a block by its hash are not made older. */
export function asOf(head: bigint, call: RpcCall): Interception {
  const { method, params } = call;
  if (method === 'eth_blockNumber') return { action: 'answer', result: numberToHex(head) };
  if (method === 'eth_getLogs') return logsAsOf(head, params[0]);
  if (BY_HASH.has(method)) return { action: 'rewrite', answer: (answer) => unlessNewer(head, answer) };
  const at = BLOCK_AT[method];
  if (at === undefined) return { action: 'pass' };
  const block = olderBlock(head, params[at]);
  if (block !== undefined) return { action: 'rewrite', params: withParam(params, at, block) };
  // Blocks that are not there yet: asked for, they are null; read from, they are an error.
  if (at === 0) return { action: 'answer', result: null };
  return { action: 'refuse', code: UNKNOWN_BLOCK, message: 'header not found' };
}

/** The block to read instead; undefined when the one that was asked for is newer than the head. */
function olderBlock(head: bigint, block: unknown): unknown {
  if (block === undefined || block === 'latest' || block === 'pending') return numberToHex(head);
  const number = typeof block === 'object' && block !== null && 'blockNumber' in block ? block.blockNumber : block;
  return isNewer(head, number) ? undefined : block;
}

function isNewer(head: bigint, number: unknown): boolean {
  return isHex(number) && number.length < 66 && BigInt(number) > head;
}

function withParam(params: readonly unknown[], at: number, value: unknown): readonly unknown[] {
  const changed = [...params];
  changed[at] = value;
  return changed;
}

function logsAsOf(head: bigint, filter: unknown): Interception {
  if (typeof filter !== 'object' || filter === null || 'blockHash' in filter) return { action: 'pass' };
  const { fromBlock, toBlock }: { readonly fromBlock?: unknown; readonly toBlock?: unknown } = filter;
  if (isNewer(head, fromBlock)) return { action: 'answer', result: [] };
  const changed = {
    ...filter,
    fromBlock: olderBlock(head, fromBlock),
    toBlock: olderBlock(head, toBlock) ?? numberToHex(head),
  };
  return { action: 'rewrite', params: [changed] };
}

/** What is in a newer block does not exist yet. */
function unlessNewer(head: bigint, answer: RpcAnswer): RpcAnswer {
  const { result } = answer;
  if (typeof result !== 'object' || result === null) return answer;
  const { blockNumber, number }: { readonly blockNumber?: unknown; readonly number?: unknown } = result;
  return isNewer(head, blockNumber ?? number) ? { ...answer, result: null } : answer;
}
