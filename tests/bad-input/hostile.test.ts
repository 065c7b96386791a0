/** Payers who change the world between check and transaction: told the truth, and nobody else pays for it. */
import {
  balanceOf,
  deployedCode,
  fund,
  putWallet,
  sendTransaction,
  setWord,
  someAddress,
  switchWallet,
  transferCalldata,
} from '@facilitator/testing';
import { concat, type Hex } from 'viem';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { purseOf, transfersTo, USDC } from '../stage/chain.ts';
import type { Answer } from '../stage/facilitator.ts';
import { PATIENCE } from '../stage/patience.ts';
import { AMOUNT, PURSE, type Scene } from '../stage/scene.ts';
import { openWorld, type World } from '../stage/world.ts';

const SOON = { prefer: 'wait=1' };
const DUPLICATE = { success: false, errorReason: 'duplicate_settlement', transaction: '' };

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const settle = (body: unknown, headers: Record<string, string> = {}) => world.careful.post('settle', body, headers);

async function pauseMining(): Promise<void> {
  await world.anvil.pauseMining();
  onTestFinished(() => world.anvil.resumeMining());
}

/** Resolves when the signer has handed over `count` more transactions. */
async function handedOver(count: bigint, before: bigint): Promise<void> {
  const { address } = world.careful.signer;
  await expect.poll(async () => (await purseOf(world.anvil, address)).nonce, PATIENCE).toBe(before + count);
}

it('a wallet that takes its signature back is told so, with the transaction that failed', async () => {
  const scene = await world.scene(2);
  const { anvil, payer } = scene;
  const wallet = await putWallet(anvil, 'SwitchWallet', payer.address);
  await fund(anvil, USDC, wallet, PURSE);
  const draft = await scene.request({ sign: { from: wallet } });
  await pauseMining();
  const { body: pending } = await settle(draft, SOON);
  expect(pending).toMatchObject({ errorReason: 'settlement_pending' });
  await switchWallet(anvil, wallet, payer.address, true);
  await anvil.resumeMining();
  const { body } = await settle(draft);
  expect(body).toMatchObject({ success: false, errorReason: 'invalid_exact_evm_signature' });
  expect(body['transaction']).toBe(pending['transaction']);
  expect(await balanceOf(anvil, USDC, scene.payee)).toBe(0n);
});

it('a payer who signs away more than he holds pays once, and the other is told why not', async () => {
  const scene = await world.scene(2);
  const drafts = [await scene.request(), await scene.request()];
  await fund(scene.anvil, USDC, scene.payer.address, AMOUNT);
  const answers = await Promise.all(drafts.map((draft) => settle(draft)));
  const told = answers.map(({ body }) => body['errorReason'] ?? 'paid').sort();
  expect(told).toEqual(['invalid_exact_evm_insufficient_balance', 'paid']);
  expect(await balanceOf(scene.anvil, USDC, scene.payee)).toBe(AMOUNT);
});

it('a payment that a stranger carried first is settled by the stranger’s transaction', async () => {
  const scene = await world.scene(2);
  const { anvil } = scene;
  const draft = await scene.request();
  const [stranger] = anvil.accounts;
  if (stranger === undefined) throw new Error('there is no stranger');
  await pauseMining();
  const { nonce } = await purseOf(anvil, world.careful.signer.address);
  const answer = settle(draft);
  await handedOver(1n, nonce);
  const data = transferCalldata(draft.paymentPayload.payload, 'vrs');
  const { privateKey } = stranger;
  // Offers so much that it goes first.
  const transaction = await sendTransaction(anvil, { privateKey, to: USDC.address, data, gasPrice: 10n ** 11n });
  await anvil.resumeMining();
  expect((await answer).body).toMatchObject({ success: true, transaction });
  expect(await transfersTo(anvil, USDC.address, scene.payee)).toEqual([transaction]);
  expect((await settle(draft)).body).toMatchObject(DUPLICATE);
});

it('whoever knows a payment but not its signature is told nothing of it', async () => {
  const scene = await world.scene(2);
  const draft = await scene.request();
  const forged = structuredClone(draft);
  Object.assign(forged.paymentPayload.payload, { signature: `0x${'11'.repeat(64)}1b` });
  await pauseMining();
  const { body: pending } = await settle(draft, SOON);
  expect(pending).toMatchObject({ errorReason: 'settlement_pending' });
  expect((await settle(forged, SOON)).body).toMatchObject({ success: false, transaction: '' });
  await scene.anvil.resumeMining();
  await expect
    .poll(async () => (await world.careful.get(`/settlements/${pending['transaction']}`)).text, PATIENCE)
    .toContain('"settled"');
  expect((await settle(forged)).body).toMatchObject({ success: false, transaction: '' });
  expect((await settle(draft)).body).toMatchObject({ success: true, transaction: pending['transaction'] });
});

it('a caller who hangs up leaves the success to an identical retry', async () => {
  const scene = await world.scene(2);
  const draft = await scene.request();
  await pauseMining();
  const { nonce } = await purseOf(scene.anvil, world.careful.signer.address);
  const gone = new AbortController();
  const headers = { 'content-type': 'application/json' };
  const init = { method: 'POST', body: JSON.stringify(draft), headers, signal: gone.signal };
  const answer = fetch(`${world.careful.url}/settle`, init).catch(() => 'hung up');
  await handedOver(1n, nonce);
  gone.abort();
  expect(await answer).toBe('hung up');
  await scene.anvil.resumeMining();
  await expect.poll(() => transfersTo(scene.anvil, USDC.address, scene.payee), PATIENCE).toHaveLength(1);
  expect((await settle(draft)).body).toMatchObject({ success: true });
  expect((await settle(draft)).body).toMatchObject(DUPLICATE);
});

it('an account that burns the gas of a whole batch fails alone', async () => {
  const WINDOW = 12;
  const FELLOWS = 8;
  const burner = await burnerAccount();
  const scenes = await Promise.all(Array.from({ length: WINDOW + FELLOWS }, () => world.scene(2)));
  const drafts = await Promise.all(scenes.map((scene) => scene.request()));
  await pauseMining();
  const { nonce } = await purseOf(world.anvil, world.careful.signer.address);
  const before = verified();
  const sent = sizesOf('settle.prepared').length;
  const first: Promise<Answer>[] = [];
  // One by one, so that each takes a nonce. When all are taken the others wait, and travel together.
  for (const draft of drafts.slice(0, WINDOW)) {
    first.push(settle(draft));
    await handedOver(BigInt(first.length), nonce);
  }
  const hostile = settle(await burner.scene.request());
  const fellows = drafts.slice(WINDOW).map((draft) => settle(draft));
  await expect.poll(() => verified() - before, PATIENCE).toBe(WINDOW + FELLOWS + 1);
  await burner.ignite();
  await world.anvil.resumeMining();
  const answers = await Promise.all([...first, ...fellows]);
  expect(answers.filter(({ body }) => body['success'] !== true).map(({ text }) => text)).toEqual([]);
  const paid = await Promise.all(scenes.map(({ payee }) => transfersTo(world.anvil, USDC.address, payee)));
  expect(paid).toEqual(answers.map(({ body }) => [body['transaction']]));
  expect((await hostile).body).toMatchObject({ success: false, errorReason: 'invalid_exact_evm_gas_ceiling_exceeded' });
  // They did travel together.
  expect(Math.max(...sizesOf('settle.prepared').slice(sent))).toBeGreaterThan(1);
  expect(await balanceOf(world.anvil, USDC, burner.scene.payee)).toBe(0n);
});

// Last, because it takes the chain ten minutes ahead.
it('an authorization that runs out before its transaction is mined is not paid, and never will be', async () => {
  const scene = await world.scene(2);
  const { anvil } = scene;
  const draft = await scene.request();
  await pauseMining();
  const { body: pending } = await settle(draft, SOON);
  expect(pending).toMatchObject({ errorReason: 'settlement_pending' });
  const { validBefore } = draft.paymentPayload.payload.authorization;
  await anvil.rpc('evm_setNextBlockTimestamp', [Number(validBefore)]);
  await anvil.mine();
  const { body } = await settle(draft);
  expect(body).toMatchObject({
    success: false,
    errorReason: 'payment_expired',
    errorMessage: expect.stringMatching(/was not paid and never can be/),
    transaction: pending['transaction'],
  });
  expect(await balanceOf(anvil, USDC, scene.payee)).toBe(0n);
});

/** How many payments each call to the chain asked about, or each transaction carried, so far. */
function sizesOf(event: 'verify.call' | 'settle.prepared'): readonly number[] {
  const lines = world.careful
    .told()
    .split('\n')
    .filter((line) => line.includes(`"event":"${event}"`));
  return lines.map((line) => {
    const { size, payments } = JSON.parse(line) as { readonly size?: number; readonly payments?: readonly string[] };
    return size ?? payments?.length ?? 0;
  });
}

function verified(): number {
  return sizesOf('verify.call').reduce((sum, size) => sum + size, 0);
}

/** An account whose own key signs and whose code (EIP-7702), once it is lit, burns all gas when it is asked. */
async function burnerAccount(): Promise<{ readonly scene: Scene; ignite(): Promise<void> }> {
  const { anvil } = world;
  const scene = await world.scene(2);
  const delegate = someAddress();
  await anvil.rpc('anvil_setCode', [delegate, deployedCode('GasBurnerWallet')]);
  await setWord(anvil, scene.payer.address, '0x00', scene.payer.address);
  await anvil.rpc('anvil_setCode', [scene.payer.address, concat(['0xef0100', delegate])]);
  const everything: Hex = `0x${'ff'.repeat(32)}`;
  return { scene, ignite: () => setWord(anvil, scene.payer.address, '0x01', everything) };
}
