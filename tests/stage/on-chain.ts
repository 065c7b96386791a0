/** What a chain shows of payments, asked of the chain itself. */
import type { Anvil } from '@facilitator/testing';
import { type Address, type Hex, hexToBigInt, pad, toEventSelector } from 'viem';

export type SentTransaction = {
  readonly from: Address;
  readonly to: Address;
  readonly input: Hex;
  /** `0x0` is legacy, `0x2` is EIP-1559. */
  readonly type: Hex;
  readonly blockNumber: Hex | null;
};

/** Selectors of the two overloads of transferWithAuthorization. */
export const SELECTOR = { vrs: '0xe3ee160e', bytes: '0xcf092995' } as const;

/** A transaction that the node knows, mined or waiting. */
export async function sentTransaction(anvil: Pick<Anvil, 'rpc'>, hash: unknown): Promise<SentTransaction> {
  const found = await anvil.rpc('eth_getTransactionByHash', [hash]);
  if (found === null) throw new Error(`the node knows no transaction ${hash}`);
  return found as SentTransaction;
}

/** How many transactions an account has sent, with those that wait in the node's pool. */
export async function sentBy(anvil: Pick<Anvil, 'rpc'>, account: Address): Promise<number> {
  return Number(await anvil.rpc('eth_getTransactionCount', [account, 'pending']));
}

const TRANSFER = toEventSelector('Transfer(address,address,uint256)');

/** The amounts of all transfers of a token to a payee so far, in order. */
export async function transfersTo(anvil: Pick<Anvil, 'rpc'>, token: Address, payee: Address): Promise<bigint[]> {
  const topics = [TRANSFER, null, pad(payee)];
  const logs = await anvil.rpc('eth_getLogs', [{ address: token, topics, fromBlock: '0x0', toBlock: 'latest' }]);
  return (logs as { readonly data: Hex }[]).map(({ data }) => hexToBigInt(data));
}
