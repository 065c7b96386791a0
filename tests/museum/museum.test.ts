/**
 * Failures that facilitators and transaction engines had in production, each as a test that ours does not have it. What they
 * share: a nonce that was counted rather than known, and silence that was taken for an answer.
 */
import { type Journal, systemClock } from '@facilitator/engine';
import { openJournal } from '@facilitator/journal';
import { type Anvil, type ChaosProxy, newWallet, startChaosProxy, type Wallet } from '@facilitator/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { MADE } from '../docs/made.ts';
import { madePart, read } from '../docs/markdown.ts';
import { openHouse } from '../durability/house.ts';
import { purseOf, startChain, transfersTo, USDC } from '../stage/chain.ts';
import { type Answer, type Facilitator, startHere } from '../stage/facilitator.ts';
import { PATIENCE } from '../stage/patience.ts';
import { type Draft, openScene, type Scene } from '../stage/scene.ts';

const GAS_MONEY = 10n ** 19n;
/** Every call by which a transaction is looked for. */
const LOOKS = ['eth_getTransactionReceipt', 'eth_getBlockReceipts', 'eth_getLogs'];

type Stage = {
  readonly anvil: Anvil;
  readonly proxy: ChaosProxy;
  readonly signer: Wallet;
  readonly facilitator: Facilitator;
};

/** `before`: what happens to the chain before the facilitator starts. */
async function openStage(
  options: { readonly journal?: Journal; readonly before?: (stage: Omit<Stage, 'facilitator'>) => Promise<void> } = {},
): Promise<Stage> {
  const anvil = await startChain();
  onTestFinished(() => anvil.stop());
  const proxy = await startChaosProxy(anvil.url);
  onTestFinished(() => proxy.stop());
  const signer = newWallet();
  await anvil.setBalance(signer.address, GAS_MONEY);
  await options.before?.({ anvil, proxy, signer });
  const { journal } = options;
  const facilitator = await startHere({ rpcUrl: proxy.url, signer, ...(journal === undefined ? {} : { journal }) });
  onTestFinished(() => facilitator.close());
  return { anvil, proxy, signer, facilitator };
}

type Sale = { readonly scene: Scene; readonly draft: Draft };

async function sales({ anvil }: Pick<Stage, 'anvil'>, count: number): Promise<readonly Sale[]> {
  return Promise.all(
    Array.from({ length: count }, async () => {
      const scene = await openScene(anvil, 2);
      return { scene, draft: await scene.request() };
    }),
  );
}

const settle = ({ facilitator }: Stage, { draft }: Sale) => facilitator.post('settle', draft);

/** Each is paid once, by the transaction that was told, and the key sent nothing else: no gap, nothing twice. */
async function expectPaidOnce(
  { anvil, signer }: Stage,
  sold: readonly Sale[],
  answers: readonly Answer[],
  earlier = 0n,
): Promise<void> {
  expect(answers.filter(({ body }) => body['success'] !== true).map(({ text }) => text)).toEqual([]);
  const moved = await Promise.all(sold.map(({ scene }) => transfersTo(anvil, USDC.address, scene.payee)));
  expect(moved).toEqual(answers.map(({ body }) => [body['transaction']]));
  const { nonce } = await purseOf(anvil, signer.address);
  expect(nonce - earlier).toBe(BigInt(new Set(moved.flat()).size));
}

/** A journal whose disk fails at these preparations, once the bytes are signed. */
async function brittle(...failing: readonly number[]): Promise<Journal> {
  const journal = await openJournal({ url: ':memory:', clock: systemClock });
  let preparations = 0;
  const prepare: Journal['prepare'] = (lane, items, sign) => {
    preparations += 1;
    if (!failing.includes(preparations)) return journal.prepare(lane, items, sign);
    return sign(999n).then(() => Promise.reject(new Error('the disk is full')));
  };
  return { ...journal, prepare };
}

describe('a nonce that was counted and never used', () => {
  it('jams nothing: bytes that did not reach the disk leave their nonce to the next', async () => {
    const stage = await openStage({ journal: await brittle(1, 2) });
    const [first, ...others] = await sales(stage, 6);
    if (first === undefined) throw new Error('no sale');
    const early = await settle(stage, first);
    const answers = [early, ...(await Promise.all(others.map((sale) => settle(stage, sale))))];
    await expectPaidOnce(stage, [first, ...others], answers);
  });

  it('is not burnt by payments that fail when they are tried out', async () => {
    const stage = await openStage();
    const good = await sales(stage, 8);
    const bad = await sales(stage, 8);
    const forged = bad.map(({ draft }) => {
      Object.assign(draft.paymentPayload.payload, { signature: `0x${'11'.repeat(64)}1b` });
      return stage.facilitator.post('settle', draft);
    });
    const answers = await Promise.all(good.map((sale) => settle(stage, sale)));
    for (const { body } of await Promise.all(forged)) expect(body).toMatchObject({ success: false, transaction: '' });
    await expectPaidOnce(stage, good, answers);
  });
});

it('one payment that fails among many sets no counter back: nobody’s nonce is given away twice', async () => {
  const stage = await openStage({ journal: await brittle(3, 5) });
  const sold = await sales(stage, 30);
  await expectPaidOnce(stage, sold, await Promise.all(sold.map((sale) => settle(stage, sale))));
});

it('a node that says "nonce too low" of what it just took does not have it sent again at the next nonce', async () => {
  const stage = await openStage();
  stage.proxy.on('nonce-too-low-after-accept');
  const sold = await sales(stage, 5);
  const answers = await Promise.all(sold.map((sale) => settle(stage, sale)));
  expect(stage.proxy.hits.map(({ fault }) => fault)).toContain('nonce-too-low-after-accept');
  await expectPaidOnce(stage, sold, answers);
});

it('an error while a receipt is fetched is not taken for the loss of the transaction', async () => {
  const stage = await openStage();
  stage.proxy.on('http-500', { methods: LOOKS, times: 6 });
  const sold = await sales(stage, 5);
  const answers = await Promise.all(sold.map((sale) => settle(stage, sale)));
  expect(stage.proxy.hits.length).toBeGreaterThan(0);
  await expectPaidOnce(stage, sold, answers);
});

it('a nonce that could not be asked for is not 0', async () => {
  const EARLIER = 3n;
  const stage = await openStage({
    async before({ anvil, proxy, signer }) {
      await anvil.rpc('anvil_setNonce', [signer.address, `0x${EARLIER.toString(16)}`]);
      proxy.on('garbled-json', { methods: ['eth_getTransactionCount'] });
    },
  });
  const sold = await sales(stage, 2);
  const asked = async () => (await stage.facilitator.get('/ready')).status;
  // Not ready, rather than ready with a guess.
  expect(await asked()).toBe(503);
  stage.proxy.off();
  await expect.poll(asked, PATIENCE).toBe(200);
  await expectPaidOnce(stage, sold, await Promise.all(sold.map((sale) => settle(stage, sale))), EARLIER);
});

it('two processes after a deploy do not sign for one key: the second does not start on the journal of the first', async () => {
  const house = await openHouse('SQLite');
  const first = await house.serve();
  await first.logged('ready');
  const second = await house.start();
  expect(second.status).toBe('ended');
  const scene = await house.scene();
  expect((await first.post('settle', await scene.request())).body).toMatchObject({ success: true });
});

it('a connection that breaks after the node took the transaction does not lose its hash', async () => {
  const stage = await openStage();
  stage.proxy.on('drop-after-accept');
  const sold = await sales(stage, 5);
  const answers = await Promise.all(sold.map((sale) => settle(stage, sale)));
  expect(stage.proxy.hits.map(({ fault }) => fault)).toContain('drop-after-accept');
  await expectPaidOnce(stage, sold, answers);
});

it('numbers in documents are not copied by hand', () => {
  for (const [path, made] of Object.entries(MADE))
    for (const [name, make] of Object.entries(made)) expect(madePart(read(path), name)).toBe(make());
});
