import type { Attempt } from '@facilitator/engine';
import { describe, expect, it } from 'vitest';
import type { Rpc, RpcAnswer } from '../rpc/rpc.ts';
import { createBlockWatch } from './block-watch.ts';

const hex = (value: number) => `0x${value.toString(16)}`;
const hash = (value: number) => `0x${value.toString(16).padStart(64, '0')}`;
const SIGNER = `0x${'5e'.repeat(20)}`;
const OTHER = `0x${'07'.repeat(20)}`;
const MINE = hash(0xaaaa);

const attempts = Array.from({ length: 9 }, (_, index): Attempt => {
  const own = { hash: index === 0 ? MINE : hash(0xb000 + index), bytes: '0x', items: [] };
  return { ...own, network: 'eip155:1', signer: SIGNER, nonce: BigInt(index) };
});

function receipt(block: number, changes: Readonly<Record<string, unknown>> = {}) {
  return {
    ...{ transactionHash: MINE, from: SIGNER, blockNumber: hex(block), blockHash: hash(block) },
    ...{ status: '0x1', gasUsed: '0x1', logs: [], ...changes },
  };
}

type Node = {
  head: number;
  /** What eth_getBlockReceipts answers. */
  receipts: (block: number) => unknown;
  /** Of a block that is not asked for by receipts. */
  hashOf: (block: number) => string;
};

function watch() {
  const node: Node = { head: 10, receipts: () => [], hashOf: hash };
  const asked: string[] = [];
  const times: bigint[] = [];
  const rpc: Rpc = {
    ask: async (calls) =>
      calls.map(({ method, params }): RpcAnswer => {
        asked.push(method);
        const block = params[0] === 'latest' ? node.head : Number(params[0]);
        if (method !== 'eth_getBlockReceipts') {
          const header = { number: hex(block), hash: node.hashOf(block), parentHash: node.hashOf(block - 1) };
          return { status: 'result', result: { ...header, timestamp: hex(1_000 + block) } };
        }
        const result = node.receipts(block);
        return result instanceof Error
          ? { status: 'error', code: -32000, message: result.message, data: undefined }
          : { status: 'result', result };
      }),
    close: async () => undefined,
  };
  const blocks = createBlockWatch({ rpc, signers: [SIGNER], onBlockTime: (time) => times.push(time) });
  blocks.suits(attempts.length, attempts.length);
  return { node, asked, times, blocks, look: () => blocks.look(attempts, []) };
}

const found = (look: Awaited<ReturnType<ReturnType<typeof watch>['look']>>) => [...(look?.found.keys() ?? [])];

it('suits many transactions, and fewer that carry many payments', () => {
  const { blocks } = watch();
  expect([blocks.suits(9, 9), blocks.suits(3, 41)]).toEqual([true, true]);
  for (const [attempts, payments] of [
    [8, 40],
    [2, 100],
    [1, 50],
  ] as const) {
    const fresh = watch().blocks;
    for (let look = 0; look < 20; look += 1) fresh.suits(1, 1);
    expect(fresh.suits(attempts, payments)).toBe(false);
  }
});

describe('following blocks', () => {
  it('keeps what our signers sent, and tells the time', async () => {
    const { node, look, times } = watch();
    expect((await look())?.unfollowed).toEqual(attempts);
    node.head = 12;
    const foreign = { transactionHash: hash(1), from: OTHER };
    node.receipts = (block) => (block === 11 ? [receipt(11, foreign), receipt(11)] : []);
    const second = await look();
    expect(found(second)).toEqual([MINE]);
    expect(second).toMatchObject({ unfollowed: [], head: 12n });
    expect(times).toEqual([1_010n, 1_012n]);
  });

  it.each<[string, unknown]>([
    ['has receipts of another block', [receipt(12)]],
    ['has receipts of two blocks', [receipt(11, { transactionHash: hash(1) }), receipt(11, { blockHash: hash(99) })]],
    ['has a receipt that cannot be read', [receipt(11, { logs: undefined })]],
    ['does not say who sent', [receipt(11, { from: undefined })]],
    ['is not there', null],
    ['is an error', new Error('header not found')],
  ])('takes nothing from a block that %s, and reads it again', async (_, receipts) => {
    const { node, look } = watch();
    await look();
    node.head = 11;
    node.receipts = () => receipts;
    expect(found(await look())).toEqual([]);
    node.receipts = (block) => [receipt(block)];
    expect(found(await look())).toEqual([MINE]);
  });

  it('begins anew when the newest block is not the one whose receipts came', async () => {
    const { node, look } = watch();
    await look();
    node.head = 11;
    node.receipts = () => [receipt(11, { blockHash: hash(99) })];
    const other = await look();
    expect([found(other), other?.unfollowed.length]).toEqual([[], 9]);
  });

  it.each([
    ['the parent is another', 12],
    ['the last block is another', 13],
  ])('begins anew when %s', async (_, head) => {
    const { node, look } = watch();
    await look();
    node.head = 11;
    node.receipts = (block) => (block === 11 ? [receipt(11)] : []);
    expect(found(await look())).toEqual([MINE]);
    node.head = head;
    node.hashOf = (block) => hash(block + 0x100);
    const other = await look();
    expect([found(other), other?.unfollowed.length]).toEqual([[], 9]);
  });

  it('begins anew after three failures, and is given up after three new beginnings', async () => {
    const { node, look, blocks } = watch();
    await look();
    node.receipts = () => new Error('busy');
    const beginnings: number[] = [];
    for (let block = 11; beginnings.length < 10; block += 1) {
      node.head = block;
      const now = await look();
      beginnings.push(now?.unfollowed.length ?? -1);
    }
    // The look after a new beginning still asks for what came since, which is nothing.
    expect(beginnings).toEqual([0, 0, 9, 0, 0, 9, 0, 0, -1, -1]);
    expect(blocks.suits(attempts.length, attempts.length)).toBe(false);
  });

  it('is given up at once where the method is missing', async () => {
    const { node, look, blocks } = watch();
    await look();
    node.head = 11;
    node.receipts = () => new Error('the method eth_getBlockReceipts is not available on this plan');
    expect(await look()).toBeUndefined();
    expect(blocks.suits(attempts.length, attempts.length)).toBe(false);
  });

  it('does not go back with a node that is behind', async () => {
    const { node, look } = watch();
    await look();
    node.head = 11;
    node.receipts = (block) => [receipt(block)];
    await look();
    node.head = 10;
    const behind = await look();
    expect([found(behind), behind?.unfollowed]).toEqual([[MINE], []]);
  });
});
