/** Where an authorization stands, whichever transaction used it: anybody may send a signed authorization. */
import type { Whereabouts } from '@facilitator/engine';
import type { Confirmation } from '@facilitator/protocol';
import { authorizationStateCall } from '../abi/calls.ts';
import { addressWord, readBool } from '../abi/words.ts';
import type { EvmAuthorization } from '../authorization.ts';
import type { Hex } from '../hash/hex.ts';
import { asBytes, asQuantity, asRecord, quantityIn } from '../rpc/answers.ts';
import { askAll, askOne, handing, type Rpc } from '../rpc/rpc.ts';
import { simulate } from '../verify/simulation.ts';
import { attribute, CANCELED, paymentsIn, type SideOf, USED } from './attribution.ts';
import { type Finality, finalityQuestion } from './finality.ts';
import { type ReceiptFound, receiptQuestion } from './receipt.ts';

export type LocateOptions = {
  readonly rpc: Rpc;
  readonly multicall3: Hex;
  readonly caller: Hex;
  readonly confirmation: Confirmation;
  readonly blockMs: number;
  readonly lookBackBlocks: bigint;
  readonly sideOf: SideOf;
  /** Blocks that one eth_getLogs may span. Providers differ, so it is learned, and tried again: some errors pass. */
  readonly span: { blocks: bigint };
};

const UNKNOWN: Whereabouts = { status: 'unknown' };
/** Requests for logs that one search may cost. */
const MOST_SEARCHES = 60;
const SHORTEST_SPAN = 10n;
export const LONGEST_SPAN = 10_000n;

export async function locate(authorization: EvmAuthorization, options: LocateOptions): Promise<Whereabouts> {
  const { rpc, multicall3, caller } = options;
  const { token, transfer } = authorization;
  const { head, finality } = await frameOf(options);
  if (head === undefined || finality === undefined) return UNKNOWN;
  // Nodes behind one address need not agree: one that has not got this block must not say what has not happened.
  const state = { target: token, mayFail: true, data: authorizationStateCall(transfer.from, transfer.nonce) };
  const look = simulate([{ calls: [state] }], { multicall3, caller, baseFee: false, block: head });
  const now = await askOne(rpc, { calls: [look.call], read: ([answer]) => look.read(answer) });
  if (now.status !== 'simulated') return UNKNOWN;
  const result = now.results[0]?.[0];
  const used = result?.success ? readBool(result.data) : undefined;
  if (used === undefined) return UNKNOWN;
  if (!used) return { status: 'unused', expired: finality.passed(now.time) >= transfer.validBefore };
  const mark = await findMark(authorization, head, now.time, options);
  return mark === undefined || !finality.isFinal(mark.block) ? UNKNOWN : follow(authorization, mark, options);
}

/** The newest block, and which blocks count for good. */
async function frameOf({ rpc, confirmation, blockMs }: LocateOptions) {
  let head: bigint | undefined;
  let finality: Finality | undefined;
  await askAll(rpc, [
    handing({ calls: [{ method: 'eth_blockNumber', params: [] }], read: ([answer]) => quantityIn(answer) }, (told) => {
      head = told;
    }),
    handing(finalityQuestion(confirmation, blockMs), (told) => {
      finality = told;
    }),
  ]);
  return { head, finality };
}

/** The log by which the token says that the authorization is used or cancelled. */
type Mark = { readonly canceled: boolean; readonly transaction: Hex; readonly block: bigint };

async function follow(
  authorization: EvmAuthorization,
  mark: Mark,
  { rpc, sideOf }: LocateOptions,
): Promise<Whereabouts> {
  const { transaction } = mark;
  if (mark.canceled) {
    const message = `The payer cancelled the authorization in ${transaction}.`;
    return { status: 'void', reason: 'invalid_exact_evm_nonce_already_used', message };
  }
  const found: ReceiptFound = await askOne(rpc, receiptQuestion(transaction));
  if (found.status !== 'found') return UNKNOWN;
  const [proof] = attribute(found.receipt, [authorization], paymentsIn(found.receipt), sideOf);
  if (proof === undefined) return UNKNOWN;
  if (proof.status === 'paid') return { status: 'paid', transaction, locator: proof.locator };
  return { status: 'void', reason: proof.reason, message: proof.message };
}

/** Searches backwards, as it was probably used just now, and never further than it can have been valid. */
async function findMark(
  authorization: EvmAuthorization,
  head: bigint,
  time: bigint,
  { rpc, blockMs, lookBackBlocks, span }: LocateOptions,
): Promise<Mark | undefined> {
  const { validAfter } = authorization.transfer;
  // Cancelling is possible before the window opens, and blocks may come faster than usual: twice as far.
  const sinceValid = (2n * (time - validAfter) * 1000n) / BigInt(blockMs) + 1_000n;
  const far = validAfter < time && sinceValid < lookBackBlocks ? sinceValid : lookBackBlocks;
  const first = head > far ? head - far : 0n;
  let to = head;
  if (span.blocks < LONGEST_SPAN) span.blocks *= 2n;
  for (let searches = 0; searches < MOST_SEARCHES && to >= first; searches += 1) {
    const from = to - span.blocks + 1n > first ? to - span.blocks + 1n : first;
    const found = await askOne(rpc, marksQuestion(authorization, from, to));
    if (found === 'refused') {
      if (span.blocks <= SHORTEST_SPAN) return undefined;
      span.blocks /= 2n;
    } else if (found === 'unanswered') {
      return undefined;
    } else if (found.length > 0) {
      return found[0];
    } else {
      to = from - 1n;
    }
  }
  return undefined;
}

function marksQuestion({ token, transfer }: EvmAuthorization, from: bigint, to: bigint) {
  const filter = {
    address: token,
    fromBlock: `0x${from.toString(16)}`,
    toBlock: `0x${to.toString(16)}`,
    topics: [[USED, CANCELED], `0x${addressWord(transfer.from)}`, transfer.nonce],
  };
  return {
    calls: [{ method: 'eth_getLogs', params: [filter] }],
    read([answer]: Parameters<Parameters<typeof handing>[0]['read']>[0]): readonly Mark[] | 'refused' | 'unanswered' {
      if (answer?.status === 'error') return 'refused';
      if (answer?.status !== 'result' || !Array.isArray(answer.result)) return 'unanswered';
      return answer.result.map(parseMark).filter((mark) => mark !== undefined);
    },
  };
}

function parseMark(value: unknown): Mark | undefined {
  const log = asRecord(value);
  const topics = log?.['topics'];
  const transaction = asBytes(log?.['transactionHash']);
  const block = asQuantity(log?.['blockNumber']);
  if (!Array.isArray(topics) || transaction === undefined || block === undefined || log?.['removed'] === true) {
    return undefined;
  }
  return { canceled: topics[0] === CANCELED, transaction, block };
}
