/** When a block counts: the network's confirmation policy, as a question and as an answer. */
import type { Confirmation } from '@facilitator/protocol';
import { asQuantity, asRecord, quantityIn } from '../rpc/answers.ts';
import type { Question } from '../rpc/rpc.ts';

export type Finality = {
  /** Whether a block will stay, as far as the policy demands. */
  isFinal(block: bigint): boolean;
  /** The newest time, in seconds, that the chain will not go back behind. `latest`: the time of the latest block. */
  passed(latest: bigint): bigint;
  /** The block at which a signer's transaction count is a count for good; undefined when it is not known. */
  readonly tag: string | undefined;
};

const NEVER: Finality = { isFinal: () => false, passed: () => 0n, tag: undefined };
const AT_ONCE: Finality = { isFinal: () => true, passed: (latest) => latest, tag: 'latest' };

/** Costs nothing where inclusion is enough. */
export function finalityQuestion(confirmation: Confirmation, blockMs: number): Question<Finality> {
  if (confirmation === 'safe') {
    return {
      calls: [{ method: 'eth_getBlockByNumber', params: ['safe', false] }],
      read([answer]) {
        const block = answer?.status === 'result' ? asRecord(answer.result) : undefined;
        const number = asQuantity(block?.['number']);
        const time = asQuantity(block?.['timestamp']);
        if (number === undefined || time === undefined) return NEVER;
        return { isFinal: (carrier) => carrier <= number, passed: () => time, tag: 'safe' };
      },
    };
  }
  if (confirmation === 'included' || confirmation.blocks <= 1) return { calls: [], read: () => AT_ONCE };
  const { blocks } = confirmation;
  return {
    calls: [{ method: 'eth_blockNumber', params: [] }],
    read([answer]) {
      const head = quantityIn(answer);
      return head === undefined ? NEVER : atDepth(blocks, head, blockMs);
    },
  };
}

/** The same where the newest block is known already; undefined where something else must be asked. */
export function finalityAt(head: bigint, confirmation: Confirmation, blockMs: number): Finality | undefined {
  if (confirmation === 'safe') return undefined;
  const isAtOnce = confirmation === 'included' || confirmation.blocks <= 1;
  return isAtOnce ? AT_ONCE : atDepth(confirmation.blocks, head, blockMs);
}

/** The block that carries it counts as the first. */
function atDepth(blocks: number, head: bigint, blockMs: number): Finality {
  const above = BigInt(blocks - 1);
  const seconds = BigInt(Math.ceil((blocks * blockMs) / 1000));
  return {
    isFinal: (carrier) => carrier + above <= head,
    passed: (latest) => latest - seconds,
    tag: head >= above ? `0x${(head - above).toString(16)}` : undefined,
  };
}
