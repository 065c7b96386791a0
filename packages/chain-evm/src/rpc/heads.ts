/** What answers show of how far a node has got. */
import { asQuantity, asRecord } from './answers.ts';
import type { RpcAnswer, RpcCall } from './rpc.ts';

export type Shown = {
  /** The node said that this is its newest block. */
  readonly head: bigint | undefined;
  /** The highest block that the answers speak of. 0n: of none. */
  readonly highest: bigint;
};

/** A node that is behind would answer these as if something had not happened. */
const TELLING_ABSENCE = new Set([
  'eth_blockNumber',
  'eth_getBlockByNumber',
  'eth_getBlockReceipts',
  'eth_getLogs',
  'eth_getTransactionCount',
  'eth_getTransactionReceipt',
]);

/** Whether what a node does not know yet could be taken for something that is not so. Calls asked together count together. */
export function mayTellAbsence(calls: readonly RpcCall[]): boolean {
  return calls.some(({ method }) => TELLING_ABSENCE.has(method));
}

export function shownBy(calls: readonly RpcCall[], answers: readonly RpcAnswer[]): Shown {
  let head: bigint | undefined;
  let highest = 0n;
  for (const [index, call] of calls.entries()) {
    const answer = answers[index];
    if (answer?.status !== 'result') continue;
    const block = blockIn(call, answer.result);
    if (block === undefined) continue;
    if (block > highest) highest = block;
    // The lowest counts: behind one address may be several nodes.
    if (isOfHead(call) && (head === undefined || block < head)) head = block;
  }
  return { head, highest };
}

/** Whether the answer says how far the node has got. */
export function isOfHead(call: RpcCall | undefined): boolean {
  const { method, params } = call ?? {};
  return method === 'eth_blockNumber' || (method === 'eth_getBlockByNumber' && params?.[0] === 'latest');
}

function blockIn({ method }: RpcCall, result: unknown): bigint | undefined {
  switch (method) {
    case 'eth_blockNumber':
      return asQuantity(result);
    case 'eth_getBlockByNumber':
      return asQuantity(asRecord(result)?.['number']);
    case 'eth_getTransactionReceipt':
      return asQuantity(asRecord(result)?.['blockNumber']);
    case 'eth_getBlockReceipts':
      return Array.isArray(result) ? asQuantity(asRecord(result[0])?.['blockNumber']) : undefined;
    default:
      return undefined;
  }
}
