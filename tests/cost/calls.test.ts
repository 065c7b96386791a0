/** What a payment costs in calls to the chain, counted by a proxy. Each call of a JSON-RPC batch counts. */
import { type Clock, systemClock } from '@facilitator/engine';
import { type Anvil, type CountingProxy, countingProxy, startForwarder } from '@facilitator/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { purseOf, startChain, transfersTo, USDC } from '../stage/chain.ts';
import { type Facilitator, startHere } from '../stage/facilitator.ts';
import { type Draft, openScene, type Scene } from '../stage/scene.ts';

const GAS_MONEY = 10n ** 19n;

type Till = {
  readonly anvil: Anvil;
  readonly proxy: CountingProxy;
  readonly facilitator: Facilitator;
  scene(): Promise<Scene>;
};

type TillOptions = {
  /** Seconds between blocks; a block for each transaction unless given. */
  readonly blockTime?: number;
  /** Milliseconds that each request takes longer to the node. */
  readonly distanceMs?: number;
  readonly clock?: Clock;
};

/** A chain, a proxy that counts, and a facilitator that has settled a few payments already. */
async function openTill(options: TillOptions = {}): Promise<Till> {
  const { distanceMs = 0, clock, ...mining } = options;
  const anvil = await startChain(mining);
  onTestFinished(() => anvil.stop());
  const proxy = await countingProxy(anvil.url);
  onTestFinished(() => proxy.stop());
  const distance = await startForwarder({
    upstream: proxy.url,
    intercept: () => ({ action: 'delay', ms: distanceMs }),
  });
  onTestFinished(() => distance.stop());
  const facilitator = await startHere({
    rpcUrl: distanceMs === 0 ? proxy.url : distance.url,
    ...(clock === undefined ? {} : { clock }),
  });
  onTestFinished(() => facilitator.close());
  await anvil.setBalance(facilitator.signer.address, GAS_MONEY);
  const till: Till = { anvil, proxy, facilitator, scene: () => openScene(anvil, 2) };
  for (let warming = 0; warming < 3; warming += 1) {
    const draft = await (await till.scene()).request();
    await facilitator.post('verify', draft);
    expect((await facilitator.post('settle', draft)).body).toMatchObject({ success: true });
  }
  return till;
}

/** What one request makes the facilitator ask, while nothing else is under way. */
async function costOf({ proxy, facilitator }: Till, endpoint: 'verify' | 'settle', draft: Draft) {
  proxy.reset();
  const { body } = await facilitator.post(endpoint, draft);
  expect(body).toMatchObject(endpoint === 'verify' ? { isValid: true } : { success: true });
  return [...proxy.calls];
}

describe('a lone payment, after warm-up', () => {
  it('is verified with one call, and settled with three where blocks come at once', async () => {
    const till = await openTill();
    const settled: string[][] = [];
    for (let payment = 0; payment < 5; payment += 1) {
      const draft = await (await till.scene()).request();
      expect(await costOf(till, 'verify', draft)).toEqual(['eth_call']);
      settled.push((await costOf(till, 'settle', draft)).toSorted());
    }
    // The middle one of five: a node that is slow for a moment is looked at twice.
    const [, , usual] = settled.toSorted((one, other) => one.length - other.length);
    expect(usual).toEqual(['eth_call', 'eth_getTransactionReceipt', 'eth_sendRawTransaction']);
  });

  it('is settled with three where blocks take a second, too: a look comes when a block is due', async ({
    annotate,
  }) => {
    const till = await openTill({ blockTime: 1 });
    const costs: number[] = [];
    for (let payment = 0; payment < 5; payment += 1) {
      const { eth_getTransactionReceipt: looks = 0, ...others } = await settledAlone(till);
      expect(others).toEqual({ eth_call: 1, eth_sendRawTransaction: 1 });
      costs.push(2 + looks);
    }
    await annotate(`calls for each lone settlement with blocks of one second: ${costs.join(', ')}`);
    // A busy machine makes blocks late, and a late block is asked for again.
    expect(Math.min(...costs)).toBe(3);
    expect(Math.max(...costs)).toBeLessThanOrEqual(8);
  });

  async function settledAlone(till: Till): Promise<Readonly<Record<string, number>>> {
    await costOf(till, 'settle', await (await till.scene()).request());
    return till.proxy.counts();
  }

  it('asks what tips are, too, when more than a minute has passed, in the same round trip', async () => {
    let rest = 0;
    const clock: Clock = { ...systemClock, milliseconds: () => systemClock.milliseconds() + rest };
    const till = await openTill({ clock });
    rest += 61_000;
    const draft = await (await till.scene()).request();
    const calls = await costOf(till, 'verify', draft);
    expect(calls.toSorted()).toEqual(['eth_call', 'eth_maxPriorityFeePerGas']);
    expect(till.proxy.requests).toBe(1);
    expect(await costOf(till, 'settle', draft)).toHaveLength(3);
  });

  it('is refused without any call where looking at it is enough', async () => {
    const till = await openTill();
    const scene = await till.scene();
    const draft = await scene.request({ sign: { value: 1n } });
    till.proxy.reset();
    for (const endpoint of ['verify', 'settle'] as const) await till.facilitator.post(endpoint, draft);
    for (const path of ['/supported', '/networks', '/health', '/ready', '/version']) await till.facilitator.get(path);
    expect(till.proxy.calls).toEqual([]);
  });
});

/** Milliseconds that a call to a node elsewhere takes at least. */
const DISTANCE = 20;

describe('many at once', () => {
  it('a hundred different payments are all settled, with few calls each', async ({ annotate }) => {
    const till = await openTill({ blockTime: 1, distanceMs: DISTANCE });
    const { anvil, proxy, facilitator } = till;
    const scenes = await Promise.all(Array.from({ length: 100 }, till.scene));
    const drafts = await Promise.all(scenes.map((scene) => scene.request()));
    const before = await purseOf(anvil, facilitator.signer.address);
    proxy.reset();
    const answers = await Promise.all(drafts.map((draft) => facilitator.post('settle', draft)));
    const counts = proxy.counts();
    const calls = proxy.calls.length;
    expect(answers.filter(({ body }) => body['success'] !== true).map(({ text }) => text)).toEqual([]);
    const paid = await Promise.all(scenes.map(({ payee }) => transfersTo(anvil, USDC.address, payee)));
    expect(paid).toEqual(answers.map(({ body }) => [body['transaction']]));
    const { nonce } = await purseOf(anvil, facilitator.signer.address);
    await annotate(
      `100 payments in ${nonce - before.nonce} transactions, ${calls / 100} calls each: ${JSON.stringify(counts)}`,
    );
    // A third of what a lone one costs, whatever the machine does meanwhile.
    expect(calls / 100).toBeLessThanOrEqual(1);
  });

  it('a hundred verifications share their calls', async ({ annotate }) => {
    const till = await openTill({ distanceMs: DISTANCE });
    const drafts = await Promise.all(Array.from({ length: 100 }, async () => (await till.scene()).request()));
    till.proxy.reset();
    const answers = await Promise.all(drafts.map((draft) => till.facilitator.post('verify', draft)));
    expect(answers.every(({ body }) => body['isValid'] === true)).toBe(true);
    await annotate(`100 verifications, ${JSON.stringify(till.proxy.counts())}`);
    expect(till.proxy.calls.length).toBeLessThanOrEqual(50);
  });

  it('the same payment fifty times is one transaction and one success', async () => {
    const till = await openTill({ blockTime: 1 });
    const { anvil, facilitator } = till;
    const scene = await till.scene();
    const draft = await scene.request();
    const before = await purseOf(anvil, facilitator.signer.address);
    const answers = await Promise.all(Array.from({ length: 50 }, () => facilitator.post('settle', draft)));
    const told = Object.groupBy(answers, ({ body }) => `${body['success'] || body['errorReason']}`);
    expect(told['true']).toHaveLength(1);
    expect(told['duplicate_settlement']).toHaveLength(49);
    // One nonce used, and its transaction is the one that paid: none was mined that reverted.
    expect((await purseOf(anvil, facilitator.signer.address)).nonce).toBe(before.nonce + 1n);
    expect(await transfersTo(anvil, USDC.address, scene.payee)).toEqual([told['true']?.[0]?.body['transaction']]);
  });
});
