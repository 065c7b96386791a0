/** What happened according to the chain, read block by block: no answer of a facilitator counts here. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Anvil, balanceOf, type TokenFixture } from '@facilitator/testing';
import { type Address, type Hex, keccak256, numberToHex, stringToBytes } from 'viem';
import { z } from 'zod';

export type Audit = {
  /** Nonces of the authorizations that were used, lower-case. */
  readonly used: ReadonlySet<string>;
  /** Atomic units that the sellers received. */
  readonly received: bigint;
  /** The facilitator's transactions. */
  readonly transactions: number;
  readonly reverted: number;
  /** Gas of all of them. */
  readonly gas: bigint;
  /** Gas of those that reverted. */
  readonly wastedGas: bigint;
  /** From the first to the last block with such a transaction. */
  readonly blocks: readonly BlockUse[];
  /** Transactions still in the node's pool, behind a gap or never mined. */
  readonly stuck: number;
};

type BlockUse = {
  readonly number: number;
  /** Share of the block gas limit. */
  readonly gas: number;
  readonly payments: number;
};

export type Ledger = {
  readonly anvil: Anvil;
  readonly token: TokenFixture;
  readonly sellers: readonly Address[];
  readonly facilitators: readonly Address[];
};

/** Where an audit begins. */
export type Mark = { readonly block: number; readonly balance: bigint };

const AUTHORIZATION_USED = keccak256(stringToBytes('AuthorizationUsed(address,bytes32)'));
const DRAIN_MS = 10_000;
const BLOCKS_AT_ONCE = 16;

const quantity = z.templateLiteral(['0x', z.string().regex(/^[0-9a-f]+$/)]);
const logs = z.array(z.object({ topics: z.array(z.string()), blockNumber: quantity }));
const receipts = z.array(z.object({ from: z.string(), status: quantity, gasUsed: quantity }));
const block = z.object({ gasUsed: quantity, gasLimit: quantity });
const pool = z.object({ pending: quantity, queued: quantity });

export async function markChain(ledger: Ledger): Promise<Mark> {
  const [block, balance] = await Promise.all([heightOf(ledger.anvil), sellersBalance(ledger)]);
  return { block, balance };
}

/** Waits up to ten seconds for the pool to drain, then reads everything after the mark. */
export async function audit(ledger: Ledger, mark: Mark, signal: AbortSignal): Promise<Audit> {
  const { anvil, token } = ledger;
  const stuck = await drain(anvil, signal);
  const last = await heightOf(anvil);
  // From the mark itself: a range that begins after the newest block is refused.
  const range = { fromBlock: numberToHex(mark.block), toBlock: numberToHex(last) };
  const all = logs.parse(
    await anvil.rpc('eth_getLogs', [{ ...range, address: token.address, topics: [AUTHORIZATION_USED] }]),
  );
  const events = all.filter(({ blockNumber }) => Number(blockNumber) > mark.block);
  const blocks = await readBlocks(ledger, mark.block + 1, last);
  const sent = blocks.flatMap(({ ours }) => ours);
  const reverted = sent.filter(({ status }) => BigInt(status) === 0n);
  const first = blocks.findIndex(({ ours }) => ours.length > 0);
  const end = blocks.findLastIndex(({ ours }) => ours.length > 0);
  return {
    used: new Set(events.map(({ topics }) => (topics[2] ?? '').toLowerCase())),
    received: (await sellersBalance(ledger)) - mark.balance,
    transactions: sent.length,
    reverted: reverted.length,
    gas: gasOf(sent),
    wastedGas: gasOf(reverted),
    blocks: blocks.slice(Math.max(first, 0), end + 1).map(({ number, gas }) => ({
      number,
      gas,
      payments: events.filter(({ blockNumber }) => Number(blockNumber) === number).length,
    })),
    stuck,
  };
}

function gasOf(sent: readonly { readonly gasUsed: Hex }[]): bigint {
  return sent.reduce((sum, { gasUsed }) => sum + BigInt(gasUsed), 0n);
}

async function readBlocks({ anvil, facilitators }: Ledger, from: number, to: number) {
  const ours = new Set(facilitators.map((address) => address.toLowerCase()));
  const found = [];
  for (let start = from; start <= to; start += BLOCKS_AT_ONCE) {
    const numbers = Array.from({ length: Math.min(BLOCKS_AT_ONCE, to - start + 1) }, (_, index) => start + index);
    found.push(
      ...(await Promise.all(
        numbers.map(async (number) => {
          const [head, all] = await Promise.all([
            anvil.rpc('eth_getBlockByNumber', [numberToHex(number), false]),
            anvil.rpc('eth_getBlockReceipts', [numberToHex(number)]),
          ]);
          const { gasUsed, gasLimit } = block.parse(head);
          return {
            number,
            gas: Number(gasUsed) / Number(gasLimit),
            ours: receipts.parse(all).filter(({ from: sender }) => ours.has(sender.toLowerCase())),
          };
        }),
      )),
    );
  }
  return found;
}

/** Answers how many transactions are left that can or will not be mined. */
async function drain(anvil: Anvil, signal: AbortSignal): Promise<number> {
  const deadline = performance.now() + DRAIN_MS;
  for (;;) {
    const { pending, queued } = pool.parse(await anvil.rpc('txpool_status'));
    if (Number(pending) === 0 || performance.now() > deadline) return Number(pending) + Number(queued);
    await sleep(50, undefined, { signal });
  }
}

/** Number of the newest block. */
export async function heightOf(anvil: Anvil): Promise<number> {
  return Number(quantity.parse(await anvil.rpc('eth_blockNumber')));
}

async function sellersBalance({ anvil, token, sellers }: Ledger): Promise<bigint> {
  const balances = await Promise.all(sellers.map((seller) => balanceOf(anvil, token, seller)));
  return balances.reduce((sum, balance) => sum + balance, 0n);
}
