/** A block's place in the chain, and the receipts of our transactions in it. */
import type { Hex } from '../hash/hex.ts';
import { asBytes, asQuantity, asRecord } from '../rpc/answers.ts';
import type { Question } from '../rpc/rpc.ts';
import { parseReceipt, type Receipt } from './receipt.ts';

export type Header = { readonly number: bigint; readonly hash: Hex; readonly parent: Hex; readonly time: bigint };

/** Undefined when the node does not say, or has no such block. */
export function headerQuestion(block: bigint | 'latest'): Question<Header | undefined> {
  return {
    calls: [{ method: 'eth_getBlockByNumber', params: [tagOf(block), false] }],
    read([answer]) {
      const record = answer?.status === 'result' ? asRecord(answer.result) : undefined;
      const number = asQuantity(record?.['number']);
      const hash = asBytes(record?.['hash']);
      const parent = asBytes(record?.['parentHash']);
      const time = asQuantity(record?.['timestamp']);
      if (number === undefined || hash === undefined || parent === undefined || time === undefined) return undefined;
      return { number, hash, parent, time };
    },
  };
}

export type BlockFound =
  /** `hash` is undefined when no transaction is in the block. `ours`: receipts of what our signers sent. */
  | { readonly status: 'found'; readonly hash: Hex | undefined; readonly ours: readonly Receipt[] }
  /** The node cannot do this. */
  | { readonly status: 'unsupported' }
  | { readonly status: 'unknown' };

const UNSUPPORTED =
  /not (?:found|supported|available|exist|enabled|allowed)|unsupported|does not exist|no such method/i;
const METHOD_NOT_FOUND = -32601;

/** `signers`: lower-case. */
export function blockReceiptsQuestion(block: bigint, signers: ReadonlySet<string>): Question<BlockFound> {
  const method = 'eth_getBlockReceipts';
  return {
    calls: [{ method, params: [tagOf(block)] }],
    read([answer]) {
      if (answer?.status === 'error') {
        const isMissing =
          answer.code === METHOD_NOT_FOUND || (/method/i.test(answer.message) && UNSUPPORTED.test(answer.message));
        return { status: isMissing ? 'unsupported' : 'unknown' };
      }
      return answer?.status === 'result' && Array.isArray(answer.result)
        ? parseBlock(answer.result, block, signers)
        : { status: 'unknown' };
    },
  };
}

/** Every receipt must belong to the block, and those of our signers must be readable: one that is not may be the one. */
function parseBlock(receipts: readonly unknown[], block: bigint, signers: ReadonlySet<string>): BlockFound {
  let hash: Hex | undefined;
  const ours: Receipt[] = [];
  for (const each of receipts) {
    const record = asRecord(each);
    const from = asBytes(record?.['from']);
    const blockHash = asBytes(record?.['blockHash']);
    if (from === undefined || blockHash === undefined || (hash !== undefined && hash !== blockHash)) return UNKNOWN;
    hash = blockHash;
    if (!signers.has(from)) continue;
    const receipt = parseReceipt(each);
    if (receipt === undefined || receipt.block !== block) return UNKNOWN;
    ours.push(receipt);
  }
  return { status: 'found', hash, ours };
}

const UNKNOWN: BlockFound = { status: 'unknown' };

function tagOf(block: bigint | 'latest'): string {
  return block === 'latest' ? block : `0x${block.toString(16)}`;
}
