/** Which payments a transaction made. Decided by its logs alone: its status says nothing about one of many. */
import type { Proof } from '@facilitator/engine';
import type { TransferEvent } from '@facilitator/protocol';
import { addressWord, uintWord } from '../abi/words.ts';
import type { EvmAuthorization } from '../authorization.ts';
import type { Hex } from '../hash/hex.ts';
import type { Log, Receipt } from './receipt.ts';

/** keccak of AuthorizationUsed(address,bytes32), AuthorizationCanceled(address,bytes32), Transfer(address,address,uint256). */
export const USED = '0x98de503528ee59b575ef0c0a2576a82497bfc029a5685b209e9ec333479b10a5';
export const CANCELED = '0x1cdd46ff242716cdaa72d159d339a485b3438398348d68f09d7c8c0a59353d81';
const TRANSFER = '0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef';

/** On which side of its AuthorizationUsed event a token, given in lower case, emits Transfer. */
export type SideOf = (token: string) => TransferEvent;

/** One proof per authorization, in order. `batchSize`: how many payments the transaction carries. */
export function attribute(
  receipt: Receipt,
  authorizations: readonly EvmAuthorization[],
  batchSize: number,
  sideOf: SideOf,
): readonly Proof[] {
  return authorizations.map((each): Proof => {
    const log = transferOf(receipt, each, sideOf(each.token));
    if (log === undefined) return unpaid(receipt, each);
    const locator = { logIndex: log.index, authorizationNonce: each.nonce, batchSize };
    return { status: 'paid', locator };
  });
}

/** How many EIP-3009 payments a transaction carries, whoever made them. */
export function paymentsIn({ logs }: Receipt): number {
  return logs.filter(({ topics }) => topics[0] === USED).length;
}

/**
 * The exact transfer beside the authorization's own mark, up to any other authorization's mark. On one side only, always the
 * same for a token: so each transfer belongs to one mark, however payments are asked about and whoever composed the receipt.
 */
function transferOf({ logs }: Receipt, authorization: EvmAuthorization, side: TransferEvent): Log | undefined {
  const { token } = authorization;
  const own = logs.filter(({ address, topics }) => address === token && (topics[0] === USED || topics[0] === TRANSFER));
  const mark = own.findIndex((log) => markOf(log, authorization) === 'used');
  if (mark === -1) return undefined;
  const neighbours = side === 'after' ? own.slice(mark + 1) : own.slice(0, mark).reverse();
  const end = neighbours.findIndex(({ topics }) => topics[0] === USED);
  return neighbours.slice(0, end === -1 ? undefined : end).find((log) => isTransfer(log, authorization));
}

/** What a token says of the authorization in a log, if the log is the token's and about it. */
export function markOf(
  { address, topics }: { readonly address: Hex | undefined; readonly topics: readonly (Hex | undefined)[] },
  { token, transfer }: EvmAuthorization,
): 'used' | 'canceled' | undefined {
  const isOwn = address === token && topics[1] === `0x${addressWord(transfer.from)}` && topics[2] === transfer.nonce;
  if (!isOwn) return undefined;
  if (topics[0] === USED) return 'used';
  return topics[0] === CANCELED ? 'canceled' : undefined;
}

function isTransfer({ topics, data }: Log, { transfer }: EvmAuthorization): boolean {
  return (
    topics[0] === TRANSFER &&
    topics[1] === `0x${addressWord(transfer.from)}` &&
    topics[2] === `0x${addressWord(transfer.to)}` &&
    data === `0x${uintWord(transfer.value)}`
  );
}

function unpaid(receipt: Receipt, authorization: EvmAuthorization): Proof {
  if (!receipt.succeeded) {
    const message = `The transaction was mined and reverted, after ${receipt.gasUsed} gas. Nothing moved.`;
    return { status: 'unpaid', reason: 'invalid_exact_evm_transaction_failed', message };
  }
  const { payer, payTo, amount } = authorization;
  if (receipt.logs.some((log) => markOf(log, authorization) === 'used')) {
    const message = `The token counts the authorization as used and did not move exactly ${amount} from ${payer} to ${payTo}.`;
    return { status: 'unpaid', reason: 'invalid_exact_evm_transfer_event_mismatch', message };
  }
  const message = 'The transaction was mined, and the token did not use the authorization in it.';
  return { status: 'unpaid', reason: 'invalid_exact_evm_transaction_failed', message };
}
