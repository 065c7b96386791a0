/** A transaction's receipt, as far as evidence needs it. */
import type { Hex } from '../hash/hex.ts';
import { asBytes, asQuantity, asRecord } from '../rpc/answers.ts';
import type { Question } from '../rpc/rpc.ts';

export type Log = {
  /** Lower-case, like the topics. */
  readonly address: Hex;
  readonly topics: readonly Hex[];
  readonly data: Hex;
  /** Place in the block. */
  readonly index: number;
};

export type Receipt = {
  readonly hash: Hex;
  readonly block: bigint;
  readonly blockHash: Hex;
  readonly succeeded: boolean;
  readonly gasUsed: bigint;
  /** Wei per gas; undefined on old nodes. */
  readonly gasPrice: bigint | undefined;
  /** Wei for the room on the chain below, on rollups that bill it apart. */
  readonly l1Fee: bigint;
  /** In order. */
  readonly logs: readonly Log[];
};

/** `missing` is the node's word that it has none; `unknown` is no word at all. */
export type ReceiptFound =
  | { readonly status: 'found'; readonly receipt: Receipt }
  | { readonly status: 'missing' }
  | { readonly status: 'unknown' };

export function receiptQuestion(hash: string): Question<ReceiptFound> {
  return {
    calls: [{ method: 'eth_getTransactionReceipt', params: [hash] }],
    read([answer]) {
      if (answer?.status !== 'result') return { status: 'unknown' };
      if (answer.result === null) return { status: 'missing' };
      const receipt = parseReceipt(answer.result);
      // A receipt of another transaction is no word about this one.
      return receipt?.hash === hash.toLowerCase() ? { status: 'found', receipt } : { status: 'unknown' };
    },
  };
}

export function parseReceipt(value: unknown): Receipt | undefined {
  const record = asRecord(value);
  if (record === undefined) return undefined;
  const hash = asBytes(record['transactionHash']);
  const block = asQuantity(record['blockNumber']);
  const blockHash = asBytes(record['blockHash']);
  const status = asQuantity(record['status']);
  const gasUsed = asQuantity(record['gasUsed']);
  const logs = parseLogs(record['logs']);
  if (hash === undefined || block === undefined || blockHash === undefined) return undefined;
  if (status === undefined || gasUsed === undefined || logs === undefined) return undefined;
  return {
    hash,
    block,
    blockHash,
    succeeded: status === 1n,
    gasUsed,
    gasPrice: asQuantity(record['effectiveGasPrice']),
    l1Fee: asQuantity(record['l1Fee']) ?? 0n,
    logs,
  };
}

function parseLogs(value: unknown): readonly Log[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const logs = value.map(parseLog);
  // One log that cannot be read may be the one that matters.
  return logs.every((log) => log !== undefined) ? logs : undefined;
}

function parseLog(value: unknown): Log | undefined {
  const record = asRecord(value);
  const address = asBytes(record?.['address']);
  const data = asBytes(record?.['data']);
  const index = asQuantity(record?.['logIndex']);
  const sent = record?.['topics'];
  const topics = Array.isArray(sent) ? sent.map(asBytes) : [undefined];
  if (address === undefined || data === undefined || index === undefined) return undefined;
  return topics.every((topic) => topic !== undefined) ? { address, topics, data, index: Number(index) } : undefined;
}
