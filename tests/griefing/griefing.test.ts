/** People who mean harm: the truth is told, honest payments made at the same time are paid, and the cost has a bound. */
import {
  balanceOf,
  deployedCode,
  fund,
  MULTICALL3_ADDRESS,
  newWallet,
  putGasBurnerWallet,
  sendTransaction,
  setBlocked,
  setPaused,
  setWord,
  someAddress,
  transferCalldata,
} from '@facilitator/testing';
import { type Address, encodeFunctionData, type Hex, multicall3Abi, numberToHex } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { purseOf, transfersTo, USDC } from '../stage/chain.ts';
import type { Answer } from '../stage/facilitator.ts';
import { PATIENCE } from '../stage/patience.ts';
import { AMOUNT, type Draft, PURSE, type Scene } from '../stage/scene.ts';
import { BARE_FACTORY, counterfactual } from '../stage/wallets.ts';
import { openWorld, type World } from '../stage/world.ts';

/** More than a key may have transactions open at once: the rest travel together. */
const CROWD = 30;
/** More than one transaction carries. */
const MORE_THAN_ONE_TAKES = 60;
/** Transactions that a key has open at most. */
const WINDOW = 12;
const SOON = { prefer: 'wait=1' };
/** Most gas that a wallet's payment is sponsored with, and the most that a transaction around it takes. */
const WALLET_CEILING = 500_000n;
const GWEI = 10n ** 9n;

let world: World;
beforeEach(async () => {
  world = await openWorld();
});
afterEach(() => world.close());

const settle = (body: Draft, headers: Record<string, string> = {}) => world.careful.post('settle', body, headers);

type Customer = { readonly scene: Scene; readonly draft: Draft };

async function customers(count: number, payee?: Address): Promise<readonly Customer[]> {
  return Promise.all(
    Array.from({ length: count }, async () => {
      const scene = await world.scene(2);
      const to = payee ?? scene.payee;
      return { scene, draft: await scene.request({ sign: { to }, terms: { payTo: to } }) };
    }),
  );
}

/** All of them were checked and are sent, as far as the key's nonces reach, and nothing is mined yet. */
async function sendAll(all: readonly Customer[]): Promise<readonly Promise<Answer>[]> {
  await world.anvil.pauseMining();
  const answers = all.map(({ draft }) => settle(draft));
  await expect.poll(() => carried() >= all.length || sizes().length === WINDOW, PATIENCE).toBe(true);
  return answers;
}

/** How many payments the transactions so far carry. */
function carried(): number {
  return sizes().reduce((sum, size) => sum + size, 0);
}

function sizes(): readonly number[] {
  const lines = world.careful.told().split('\n');
  return lines
    .filter((line) => line.includes('"event":"settle.prepared"'))
    .map((line) => (JSON.parse(line) as { readonly payments: readonly string[] }).payments.length);
}

async function expectPaid(all: readonly Customer[], answers: readonly Answer[]): Promise<void> {
  expect(answers.filter(({ body }) => body['success'] !== true).map(({ text }) => text)).toEqual([]);
  const moved = await Promise.all(all.map(({ scene }) => transfersTo(world.anvil, USDC.address, scene.payee)));
  expect(moved).toEqual(answers.map(({ body }) => [body['transaction']]));
}

async function gasUsed(hash: unknown): Promise<bigint> {
  const receipt = (await world.anvil.rpc('eth_getTransactionReceipt', [hash])) as { readonly gasUsed: Hex };
  return BigInt(receipt.gasUsed);
}

it('wallets that burn all gas when they are asked are refused for nothing, and hold nobody up', async () => {
  const honest = await customers(CROWD);
  const burners = await Promise.all(
    Array.from({ length: 10 }, async () => {
      const scene = await world.scene(2);
      const wallet = await putGasBurnerWallet(world.anvil, scene.payer.address);
      await fund(world.anvil, USDC, wallet, PURSE);
      return scene.request({ sign: { from: wallet } });
    }),
  );
  const verified = burners.map((draft) => world.careful.post('verify', draft));
  const burnt = burners.map((draft) => settle(draft));
  const answers = await Promise.all(honest.map(({ draft }) => settle(draft)));
  await expectPaid(honest, answers);
  for (const { body } of await Promise.all(verified)) expect(body).toMatchObject({ isValid: false });
  for (const { body } of await Promise.all(burnt)) expect(body).toMatchObject({ success: false, transaction: '' });
  const { nonce } = await purseOf(world.anvil, world.careful.signer.address);
  expect(nonce).toBe(BigInt(new Set(answers.map(({ body }) => body['transaction'])).size));
});

it('a wallet that burns gas only once it is mined costs no more than its ceiling, and nobody else anything', async () => {
  const honest = await customers(CROWD);
  const scene = await world.scene(2);
  const wallet = await putGasBurnerWallet(world.anvil, scene.payer.address, 0n);
  await fund(world.anvil, USDC, wallet, PURSE);
  const burner = { scene, draft: await scene.request({ sign: { from: wallet } }) };
  const [burnt, ...sent] = await sendAll([burner, ...honest]);
  await setWord(world.anvil, wallet, '0x01', numberToHex(2n ** 256n - 1n));
  await world.anvil.resumeMining();
  await expectPaid(honest, await Promise.all(sent));
  const told = (await burnt)?.body;
  expect(told).toMatchObject({ success: false, transaction: expect.stringMatching(/^0x/) });
  expect(await gasUsed(told?.['transaction'])).toBeLessThanOrEqual(WALLET_CEILING);
  expect(await balanceOf(world.anvil, USDC, scene.payee)).toBe(0n);
});

it('accounts that become contracts between check and block (EIP-7702) are told so; those who travel with them are paid', async () => {
  const all = await customers(CROWD);
  const answers = await sendAll(all);
  // Every sixth: some alone, some in company.
  const flips = all.map((_, at) => at % 6 === 5);
  const delegate = someAddress();
  await world.anvil.rpc('anvil_setCode', [delegate, deployedCode('SwitchWallet')]);
  for (const [at, { scene }] of all.entries()) if (flips[at]) await delegateTo(scene, delegate);
  await world.anvil.resumeMining();
  const told = await Promise.all(answers);
  const loyal = (_: unknown, at: number) => !flips[at];
  await expectPaid(all.filter(loyal), told.filter(loyal));
  expect(Math.max(...sizes())).toBeGreaterThan(1);
  for (const [at, { body }] of told.entries())
    if (flips[at]) expect(body).toMatchObject({ success: false, errorReason: 'invalid_exact_evm_signature' });
});

it('a payee who is blocked between check and block is not paid; those who travel along are', async () => {
  const honest = await customers(CROWD - 8);
  const payee = someAddress();
  const blocked = await customers(8, payee);
  const answers = await sendAll([...honest, ...blocked]);
  await setBlocked(world.anvil, USDC, payee, true);
  await world.anvil.resumeMining();
  const told = await Promise.all(answers);
  await expectPaid(honest, told.slice(0, honest.length));
  for (const { body } of told.slice(honest.length))
    expect(body).toMatchObject({ success: false, errorReason: 'invalid_exact_evm_account_blocked' });
  expect(await transfersTo(world.anvil, USDC.address, payee)).toEqual([]);
  // From now on that payee costs nothing.
  const { nonce } = await purseOf(world.anvil, world.careful.signer.address);
  const late = await Promise.all((await customers(5, payee)).map(({ draft }) => settle(draft)));
  for (const { body } of late) expect(body).toMatchObject({ success: false, transaction: '' });
  expect((await purseOf(world.anvil, world.careful.signer.address)).nonce).toBe(nonce);
});

it('a token that is paused between check and block pays nobody, says so, and works when it goes on', async () => {
  const all = await customers(CROWD);
  const answers = await sendAll(all);
  await setPaused(world.anvil, USDC, true);
  await world.anvil.resumeMining();
  for (const { body } of await Promise.all(answers))
    expect(body).toMatchObject({ success: false, errorReason: 'invalid_exact_evm_asset_paused' });
  // Each was carried once: nothing is tried again while it cannot work, and nothing new is sent.
  const { nonce } = await purseOf(world.anvil, world.careful.signer.address);
  expect(carried()).toBeLessThanOrEqual(CROWD);
  const refused = await Promise.all((await customers(3)).map(({ draft }) => settle(draft)));
  for (const { body } of refused) expect(body).toMatchObject({ success: false, transaction: '' });
  expect((await purseOf(world.anvil, world.careful.signer.address)).nonce).toBe(nonce);
  await setPaused(world.anvil, USDC, false);
  const again = await customers(5);
  await expect.poll(async () => (await settle(again[0]?.draft ?? fail())).body['success'], PATIENCE).toBe(true);
  const later = again.slice(1);
  await expectPaid(later, await Promise.all(later.map(({ draft }) => settle(draft))));
});

it('a thief of places who copies every transaction at a higher price pays for it: each payment is told with the copy', async () => {
  const [thief] = world.anvil.accounts;
  if (thief === undefined) throw new Error('there is no thief');
  const all = await customers(MORE_THAN_ONE_TAKES);
  const answers = await sendAll(all);
  // All that was prepared is there to be copied: at least two, for one does not take them all.
  await expect.poll(async () => (await waiting(world.careful.signer.address)).length, PATIENCE).toBe(sizes().length);
  const copies: Hex[] = [];
  let over = false;
  const told = Promise.all(answers).finally(() => {
    over = true;
  });
  for (let copied = 0; !over; ) {
    for (const { to, input, gas, nonce } of await waiting(world.careful.signer.address)) {
      if (Number(nonce) < copied) continue;
      copied = Number(nonce) + 1;
      const copy = { privateKey: thief.privateKey, to, data: input, gas: BigInt(gas), gasPrice: 200n * GWEI };
      copies.push(await sendTransaction(world.anvil, copy));
    }
    // Blocks are full of what pays most first.
    if (copied > 0) await world.anvil.mine();
  }
  await expectPaid(all, await told);
  const carriers = new Set((await told).map(({ body }) => `${body['transaction']}`));
  expect(copies.filter((copy) => carriers.has(copy)).length).toBeGreaterThan(1);
  for (const { draft } of all) expect((await settle(draft, SOON)).body['errorReason']).toBe('duplicate_settlement');
  for (const { draft } of all) expect(await usedOnce(draft)).toBe(true);
});

it('a payer who hides one transfer between two marks pays one of two payments, and one seller is told so', async () => {
  const [thief] = world.anvil.accounts;
  if (thief === undefined) throw new Error('there is no thief');
  const scene = await world.scene(2);
  const [first, second] = [await scene.request(), await scene.request()];
  const { nonce } = second.paymentPayload.payload.authorization;
  // The same nonce as the second payment's, to the payer himself.
  const own = await scene.sign({ sign: { to: scene.payer.address, nonce } });
  const composed = [first.paymentPayload.payload, own].map((payload) => ({
    target: USDC.address,
    allowFailure: false,
    callData: transferCalldata(payload, 'vrs'),
  }));
  const data = encodeFunctionData({ abi: multicall3Abi, functionName: 'aggregate3', args: [composed] });
  await world.anvil.pauseMining();
  const answers = [first, second].map((draft) => settle(draft));
  await expect.poll(() => carried(), PATIENCE).toBe(2);
  await expect.poll(async () => (await waiting(world.careful.signer.address)).length, PATIENCE).toBe(sizes().length);
  const bid = { to: MULTICALL3_ADDRESS, data, gas: 400_000n, gasPrice: 200n * GWEI };
  const transaction = await sendTransaction(world.anvil, { privateKey: thief.privateKey, ...bid });
  await world.anvil.resumeMining();
  const [paid, unpaid] = await Promise.all(answers);
  expect(paid?.body).toMatchObject({ success: true, transaction });
  expect(unpaid?.body).toMatchObject({ success: false, errorReason: 'invalid_exact_evm_transfer_event_mismatch' });
  expect(await balanceOf(world.anvil, USDC, scene.payee)).toBe(AMOUNT);
});

function fail(): never {
  throw new Error('there is nobody');
}

type Waiting = { readonly to: Address; readonly input: Hex; readonly gas: Hex; readonly nonce: Hex };

/** What a signer has in the node's pool, as anybody can see it. */
async function waiting(signer: Address): Promise<readonly Waiting[]> {
  const { pending } = (await world.anvil.rpc('txpool_content')) as {
    readonly pending: Readonly<Record<string, Readonly<Record<string, Waiting>>>>;
  };
  const own = Object.entries(pending).find(([address]) => address.toLowerCase() === signer.toLowerCase());
  return Object.values(own?.[1] ?? {}).toSorted((a, b) => Number(a.nonce) - Number(b.nonce));
}

async function usedOnce({ paymentRequirements }: Draft): Promise<boolean> {
  const payTo = `${paymentRequirements['payTo']}` as Address;
  return (await balanceOf(world.anvil, USDC, payTo)) === AMOUNT;
}

/** A set-code transaction that the account itself has signed and somebody else pays for; mined before what waits. */
async function delegateTo({ payer }: Scene, contract: Address): Promise<void> {
  const account = privateKeyToAccount(payer.privateKey);
  const sponsor = newWallet();
  await world.anvil.setBalance(sponsor.address, 10n ** 18n);
  const { chainId } = world.anvil;
  const authorization = await account.signAuthorization({ contractAddress: contract, chainId, nonce: 0 });
  const bytes = await privateKeyToAccount(sponsor.privateKey).signTransaction({
    ...{ type: 'eip7702', chainId, nonce: 0, gas: 200_000n, to: payer.address },
    ...{ maxFeePerGas: 300n * GWEI, maxPriorityFeePerGas: 250n * GWEI, authorizationList: [authorization] },
  });
  await world.anvil.rpc('eth_sendRawTransaction', [bytes]);
}

it('a wallet that pays three times before it exists is deployed once, at no more cost than it takes', async () => {
  const scene = await world.scene(2);
  const wallet = counterfactual(BARE_FACTORY, scene.payer);
  const drafts = [await wallet.request(scene), await wallet.request(scene), await wallet.request(scene)];
  await world.anvil.pauseMining();
  const others: Answer[] = [];
  const answers = drafts.map(async (draft) => {
    const answer = await settle(draft);
    others.push(answer);
    return answer;
  });
  await expect.poll(() => [others.length, carried()], PATIENCE).toEqual([2, 1]);
  for (const { status, headers, text } of [...others]) {
    expect([status, Number(headers.get('retry-after'))]).toEqual([503, 3]);
    expect(text).toContain('making the payer’s account');
  }
  await world.anvil.resumeMining();
  const told = await Promise.all(answers);
  expect(told.filter(({ status }) => status === 200)).toMatchObject([{ body: { success: true } }]);
  const later = await Promise.all(drafts.map((draft, at) => (told[at]?.status === 503 ? settle(draft) : told[at])));
  for (const answer of later) {
    expect(answer?.body).toMatchObject({ success: true });
    expect(await gasUsed(answer?.body['transaction'])).toBeLessThan(WALLET_CEILING);
  }
  expect(await balanceOf(world.anvil, USDC, scene.payee)).toBe(3n * AMOUNT);
});
