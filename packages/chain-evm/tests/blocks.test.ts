import { type Interception, type RpcCall, startForwarder, type Wallet } from '@facilitator/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { type Attempts, attemptsFor, included, tally } from './attempts.ts';
import { type Stage, setStage } from './stage.ts';

const HEADER = 'eth_getBlockByNumber';
const BLOCK = 'eth_getBlockReceipts';
const RECEIPT = 'eth_getTransactionReceipt';
const COUNT = 'eth_getTransactionCount';
const DEEP = { confirmation: { blocks: 3 } };

let stage: Stage;
let payer: Wallet;
beforeAll(async () => {
  stage = await setStage();
});
afterAll(() => stage.stop());
beforeEach(async () => {
  payer = await stage.payer();
  await stage.anvil.pauseMining();
  stage.proxy.unblock(BLOCK);
});
// What a test leaves in the pool would be lost in the next one's reorganisation.
afterEach(() => stage.anvil.mine());

/** A chain of its own, so that it has looked at nothing before. */
async function chainAfresh(changes: Parameters<Stage['another']>[0] = {}) {
  const chain = stage.another(changes);
  await chain.open();
  /** One look, and the calls it took. */
  const look = async ({ attempts, items }: Attempts) => {
    stage.proxy.reset();
    const sightings = await chain.observe(attempts, items);
    return { sightings, counts: stage.proxy.counts(), seen: tally(sightings) };
  };
  const prepare = (count: number, sent = true) => attemptsFor(stage, payer, { attempts: count, chain, sent });
  return { chain, look, prepare };
}

const together = (...parts: readonly Attempts[]): Attempts => ({
  attempts: parts.flatMap(({ attempts }) => attempts),
  items: parts.flatMap(({ items }) => items),
});

describe('many attempts', () => {
  it('cost one call per look and one per block', async () => {
    const { look, prepare } = await chainAfresh();
    const many = await prepare(12);
    expect(await look(many)).toMatchObject({ seen: { unseen: 12 }, counts: { [HEADER]: 1, [COUNT]: 1 } });
    expect((await look(many)).counts).toEqual({ [HEADER]: 1 });
    await stage.anvil.mine();
    const { seen, counts, sightings } = await look(many);
    expect([seen, counts]).toEqual([{ included: 12 }, { [HEADER]: 1, [BLOCK]: 1 }]);
    expect(sightings.flatMap((each) => included(each).proofs)).toMatchObject(
      many.items.map(() => ({ status: 'paid', locator: { batchSize: 1 } })),
    );
    const [one] = many.attempts;
    const receipt = await stage.anvil.rpc(RECEIPT, [one?.hash]);
    expect(included(sightings[0])).toMatchObject({
      blockHash: (receipt as { blockHash: string }).blockHash,
      final: true,
    });
  });

  it('are found in whichever block, and asked for only when nobody followed it', async () => {
    const { look, prepare } = await chainAfresh();
    // Mined before the first look.
    const early = await prepare(9);
    await stage.anvil.mine();
    expect(await look(early)).toMatchObject({
      seen: { included: 9 },
      counts: { [HEADER]: 1, [COUNT]: 1, [RECEIPT]: 9 },
    });
    const next = await prepare(3);
    // Mined between the first and the second look: the first may have come just before.
    await stage.anvil.mine();
    const both = together(early, next);
    expect((await look(both)).seen).toEqual({ included: 12 });
    const last = await prepare(3);
    await stage.anvil.mine(3);
    expect(await look(together(early, last))).toMatchObject({ seen: { included: 12 } });
    const unfollowed = await look(together(both, last));
    expect(unfollowed).toMatchObject({ seen: { included: 15 } });
    expect(unfollowed.counts).toEqual({ [HEADER]: 1 });
  });

  it('may have been mined in a block that was read before they were looked for', async () => {
    const { look, prepare } = await chainAfresh();
    const first = await prepare(9);
    for (let round = 0; round < 3; round += 1) await look(first);
    const late = await prepare(1);
    await stage.anvil.mine();
    expect((await look(first)).seen).toEqual({ included: 9 });
    expect(await look(together(first, late))).toMatchObject({ seen: { included: 10 }, counts: { [HEADER]: 1 } });
  });

  it('are asked for one by one when too many blocks went by', async () => {
    const { look, prepare } = await chainAfresh();
    const many = await prepare(10);
    await look(many);
    await stage.anvil.mine(40);
    const { seen, counts } = await look(many);
    expect(seen).toEqual({ included: 10 });
    expect(counts).toEqual({ [HEADER]: 1, [COUNT]: 1, [RECEIPT]: 10 });
  });

  it('are asked for one by one, for good, where blocks have no receipts', async () => {
    const { look, prepare } = await chainAfresh();
    stage.proxy.block(BLOCK);
    const many = await prepare(10);
    await look(many);
    await stage.anvil.mine();
    const { seen, counts } = await look(many);
    expect(seen).toEqual({ included: 10 });
    expect(counts).toEqual({ [HEADER]: 1, [BLOCK]: 1, [COUNT]: 1, [RECEIPT]: 10 });
    stage.proxy.unblock(BLOCK);
    await stage.anvil.mine();
    expect((await look(many)).counts).toEqual({ [COUNT]: 1, [RECEIPT]: 10 });
  });

  it('are few again after a while', async () => {
    const { look, prepare } = await chainAfresh();
    const many = await prepare(9);
    await look(many);
    const [attempt, item] = [many.attempts.slice(0, 1), many.items.slice(0, 1)];
    const one = { attempts: attempt, items: item };
    for (let round = 0; round < 19; round += 1) expect((await look(one)).counts[RECEIPT]).toBeUndefined();
    expect((await look(one)).counts).toMatchObject({ [RECEIPT]: 1 });
  });
});

describe('a reorganisation', () => {
  it.each([1, 2])('of %d blocks takes back what was seen, and what comes again is seen again', async (depth) => {
    const { chain, look, prepare } = await chainAfresh({ network: DEEP });
    const many = await prepare(10);
    await look(many);
    await stage.anvil.mine(depth);
    const first = await look(many);
    expect(first.seen).toEqual({ included: 10 });
    expect(first.sightings.some((each) => included(each).final)).toBe(false);
    await stage.anvil.reorg(depth);
    expect((await look(many)).seen).toEqual({ unseen: 10 });
    for (const attempt of many.attempts) await chain.broadcast(attempt);
    await stage.anvil.mine();
    expect((await look(many)).seen).toEqual({ included: 10 });
    await stage.anvil.mine(2);
    const last = await look(many);
    expect(last.sightings.every((each) => included(each).final)).toBe(true);
    // Whether the block is still there is asked once more before it counts for good: once, and not for each.
    expect(last.counts).toEqual({ [HEADER]: 3, [BLOCK]: 2 });
  });

  it('that only moves transactions to another block moves what is seen', async () => {
    const { chain, look, prepare } = await chainAfresh({ network: DEEP });
    const many = await prepare(10);
    await look(many);
    await stage.anvil.mine();
    const before = included((await look(many)).sightings[0]);
    await stage.anvil.reorg(1);
    for (const attempt of many.attempts) await chain.broadcast(attempt);
    await stage.anvil.mine();
    // The head is one higher, and its parent another: no look saw the chain in between.
    const after = included((await look(many)).sightings[0]);
    expect(after.block).toBe(before.block + 1n);
    expect(after.blockHash).not.toBe(before.blockHash);
  });

  it('that no look noticed is noticed before anything counts for good', async () => {
    let lie = false;
    const forwarder = await startForwarder({
      upstream: stage.proxy.url,
      intercept({ method, params }: RpcCall): Interception {
        if (!lie || method !== HEADER || params[0] === 'latest') return { action: 'pass' };
        const hash = `0x${'ab'.repeat(32)}`;
        return {
          action: 'rewrite',
          answer: (answer) => ({ ...answer, result: { ...(answer.result as object), hash } }),
        };
      },
    });
    onTestFinished(() => forwarder.stop());
    const { look, prepare } = await chainAfresh({ network: DEEP, url: forwarder.url });
    const many = await prepare(10);
    await look(many);
    for (let block = 0; block < 2; block += 1) {
      await stage.anvil.mine();
      expect((await look(many)).seen).toEqual({ included: 10 });
    }
    await stage.anvil.mine();
    lie = true;
    expect((await look(many)).seen).toEqual({ unseen: 10 });
    lie = false;
    const again = await look(many);
    expect(again.sightings.every((each) => included(each).final)).toBe(true);
    expect(again.counts[RECEIPT]).toBe(10);
  });
});
