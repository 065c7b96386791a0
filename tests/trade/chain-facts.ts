/** What happened, read off the chain block by block: no answer of a server counts here. */
import { type Anvil, BASE_SEPOLIA_USDC } from '@facilitator/testing';
import { type Address, type Hex, hexToBigInt, keccak256, numberToHex, slice, toBytes } from 'viem';

export type ChainFacts = {
  /** Transactions that moved exactly this, one for each transfer. */
  transfers(payer: Address, payTo: Address, amount: bigint): readonly Hex[];
  /** All transfers, in atomic units. */
  readonly moved: bigint;
  /** Hashes of the servers' transactions that are in a block. */
  readonly mined: ReadonlySet<string>;
  readonly reverted: readonly Hex[];
  /** Most payments that shared a transaction. */
  readonly largest: number;
  /** Transactions that wait in the node's pool. */
  readonly waiting: number;
};

type Log = { readonly topics: readonly Hex[]; readonly data: Hex; readonly transactionHash: Hex };
type Mined = { readonly from: Hex; readonly status: Hex; readonly transactionHash: Hex };

const TRANSFER = keccak256(toBytes('Transfer(address,address,uint256)'));

export async function readChain(anvil: Anvil, signers: readonly Address[]): Promise<ChainFacts> {
  const { rpc } = anvil;
  const range = { fromBlock: '0x0', toBlock: 'latest' };
  const logs = (await rpc('eth_getLogs', [
    { ...range, address: BASE_SEPOLIA_USDC.address, topics: [TRANSFER] },
  ])) as readonly Log[];
  const transfers = new Map<string, Hex[]>();
  const perTransaction = new Map<Hex, number>();
  let moved = 0n;
  for (const { topics, data, transactionHash } of logs) {
    const key = keyOf(slice(topics[1] ?? '0x', 12), slice(topics[2] ?? '0x', 12), hexToBigInt(data));
    transfers.set(key, [...(transfers.get(key) ?? []), transactionHash]);
    perTransaction.set(transactionHash, (perTransaction.get(transactionHash) ?? 0) + 1);
    moved += hexToBigInt(data);
  }
  const ours = new Set(signers.map((signer) => signer.toLowerCase()));
  const mined: Mined[] = [];
  const last = Number(await rpc('eth_blockNumber'));
  for (let number = 0; number <= last; number += 1) {
    const receipts = (await rpc('eth_getBlockReceipts', [numberToHex(number)])) as readonly Mined[];
    mined.push(...receipts.filter(({ from }) => ours.has(from.toLowerCase())));
  }
  const pool = (await rpc('txpool_status')) as { readonly pending: Hex; readonly queued: Hex };
  return {
    transfers: (payer, payTo, amount) => transfers.get(keyOf(payer, payTo, amount)) ?? [],
    moved,
    mined: new Set(mined.map(({ transactionHash }) => transactionHash)),
    reverted: mined.filter(({ status }) => BigInt(status) === 0n).map(({ transactionHash }) => transactionHash),
    largest: Math.max(0, ...perTransaction.values()),
    waiting: Number(pool.pending) + Number(pool.queued),
  };
}

function keyOf(payer: string, payTo: string, amount: bigint): string {
  return `${payer}:${payTo}:${amount}`.toLowerCase();
}
