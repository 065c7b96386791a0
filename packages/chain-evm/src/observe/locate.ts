/** Where an authorization stands, whichever transaction used it: anybody may send a signed authorization. */
import type { Whereabouts } from '@facilitator/engine';
import type { Confirmation } from '@facilitator/protocol';
import { authorizationStateCall } from '../abi/calls.ts';
import { readBool } from '../abi/words.ts';
import type { EvmAuthorization } from '../authorization.ts';
import type { Hex } from '../hash/hex.ts';
import { quantityIn } from '../rpc/answers.ts';
import { askAll, askOne, handing, type Rpc } from '../rpc/rpc.ts';
import { simulate } from '../verify/simulation.ts';
import { attribute, markOf, paymentsIn, type SideOf } from './attribution.ts';
import { type Finality, finalityQuestion } from './finality.ts';
import type { MarkSearch } from './mark-search.ts';
import { type Receipt, receiptQuestion } from './receipt.ts';

export type LocateOptions = {
  readonly rpc: Rpc;
  readonly multicall3: Hex;
  readonly caller: Hex;
  readonly confirmation: Confirmation;
  readonly blockMs: number;
  readonly lookBackBlocks: bigint;
  readonly sideOf: SideOf;
  readonly search: MarkSearch;
};

const UNKNOWN: Whereabouts = { status: 'unknown' };

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
  const transaction = await options.search.find(
    authorization,
    firstBlock(authorization, head, now.time, options),
    head,
  );
  if (transaction === undefined) return UNKNOWN;
  const found = await askOne(rpc, receiptQuestion(transaction));
  if (found.status !== 'found' || !finality.isFinal(found.receipt.block)) return UNKNOWN;
  return read(found.receipt, authorization, options);
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

/** What a final transaction did with the authorization. A log alone proves nothing: the receipt has to have the mark, too. */
function read(receipt: Receipt, authorization: EvmAuthorization, { sideOf }: LocateOptions): Whereabouts {
  const mark = receipt.logs.map((log) => markOf(log, authorization)).find((each) => each !== undefined);
  if (mark === undefined) return UNKNOWN;
  if (mark === 'canceled') {
    const message = `The payer cancelled the authorization in ${receipt.hash}.`;
    return { status: 'void', reason: 'invalid_exact_evm_nonce_already_used', message };
  }
  const [proof] = attribute(receipt, [authorization], paymentsIn(receipt), sideOf);
  if (proof === undefined) return UNKNOWN;
  if (proof.status === 'paid') return { status: 'paid', transaction: receipt.hash, locator: proof.locator };
  return { status: 'void', reason: proof.reason, message: proof.message };
}

/** It was probably used just now; and never earlier than it can have been valid. */
function firstBlock(
  { transfer: { validAfter } }: EvmAuthorization,
  head: bigint,
  time: bigint,
  { blockMs, lookBackBlocks }: LocateOptions,
): bigint {
  // Cancelling is possible before the window opens, and blocks may come faster than usual: twice as far.
  const sinceValid = (2n * (time - validAfter) * 1000n) / BigInt(blockMs) + 1_000n;
  const far = validAfter < time && sinceValid < lookBackBlocks ? sinceValid : lookBackBlocks;
  return head > far ? head - far : 0n;
}
