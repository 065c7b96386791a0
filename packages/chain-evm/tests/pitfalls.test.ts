/**
 * What goes wrong on a real chain when payments share transactions, and the rule against each. The rules that need no chain
 * are in packages/engine/tests/pitfalls.test.ts.
 */
import type { Attempt } from '@facilitator/engine';
import { newWallet, sendTransaction, setBlocked, setPaused, type Wallet } from '@facilitator/testing';
import { decodeFunctionData, encodeFunctionData, erc20Abi, type Hex, multicall3Abi, parseTransaction } from 'viem';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EvmAuthorization, recall, stow } from '../src/authorization.ts';
import { defaultPolicy, type EvmChain } from '../src/index.ts';
import { attemptsFor, included } from './attempts.ts';
import { decoded, PURSE, registered, type Stage, setStage, USDC } from './stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await setStage();
});
afterAll(() => stage.stop());

type Wanted = Parameters<Stage['pay']>[1];

const authorizationBy = async (payer: Wallet, wanted: Wanted = {}, chain: EvmChain = stage.chain) =>
  decoded(chain.decode(await stage.pay(payer, wanted)));

/** One payment of each of so many payers. */
async function authorizations(count: number): Promise<readonly EvmAuthorization[]> {
  const payers = await Promise.all(Array.from({ length: count }, () => stage.payer()));
  return Promise.all(payers.map((payer) => authorizationBy(payer)));
}

async function signed(items: readonly EvmAuthorization[]): Promise<Attempt> {
  const { chain, operator } = stage;
  const signer = operator.address;
  const nonce = await chain.floor(signer);
  const made = await chain.sign(signer, nonce, items);
  return { ...made, network: chain.network, signer, nonce, items: items.map(({ anchor }) => anchor) };
}

async function mined(attempt: Attempt, items: readonly EvmAuthorization[]) {
  expect(await stage.chain.broadcast(attempt)).toEqual({ status: 'accepted' });
  await stage.anvil.mine();
  const [sighting] = await stage.chain.observe([attempt], [items]);
  return included(sighting);
}

const callOf = (attempt: Pick<Attempt, 'bytes'>) => parseTransaction(attempt.bytes as Hex);

describe('rule 1: a transaction stays small enough for its block', () => {
  it.each([
    ['a common block', 30_000_000n],
    ['a small one', 8_000_000n],
    ['a huge one', 1_000_000_000n],
  ])('in %s: at most 50 payments, 15 % of the block, 60 % of what a transaction may use', async (_, gasLimit) => {
    const snapshot = await stage.anvil.rpc('evm_snapshot');
    await stage.anvil.rpc('evm_setBlockGasLimit', [`0x${gasLimit.toString(16)}`]);
    await stage.anvil.mine();
    const chain = stage.another({});
    await chain.open();
    const items = await authorizations(chain.capacity());
    expect(items.length).toBeLessThanOrEqual(50);
    expect(items.length).toBeGreaterThan(5);
    const signer = stage.operator.address;
    const { gas = 0n } = callOf(await chain.sign(signer, await chain.floor(signer), items));
    expect(gas).toBeLessThanOrEqual((gasLimit * 15n) / 100n);
    expect(gas).toBeLessThanOrEqual((16_777_216n * 60n) / 100n);
    await stage.anvil.rpc('evm_revert', [snapshot]);
  });
});

describe('rules 2 and 3: one bad payment does not spoil the others', () => {
  it('it may fail by itself, and each has gas of its own: the sum of what each may use', async () => {
    const items = await authorizations(4);
    const { grouped } = defaultPolicy(stage.network).gas;
    const bad = items[2];
    if (bad === undefined) throw new Error('no third payment');
    const attempt = await signed(items);
    const { gas = 0n, data = '0x' } = callOf(attempt);
    expect(gas).toBeGreaterThanOrEqual(grouped * 4n);
    const { args } = decodeFunctionData({ abi: multicall3Abi, data });
    expect(args?.[0]).toMatchObject(items.map(() => ({ allowFailure: true })));
    await setBlocked(stage.anvil, USDC, bad.payer as Hex, true);
    const { proofs } = await mined(attempt, items);
    expect(proofs.map(({ status }) => status)).toEqual(['paid', 'paid', 'unpaid', 'paid']);
  });

  it('a transaction that succeeded proves nothing by itself', async () => {
    const items = await authorizations(3);
    for (const { payer } of items) await setBlocked(stage.anvil, USDC, payer as Hex, true);
    const attempt = await signed(items);
    const { proofs } = await mined(attempt, items);
    const receipt = await stage.anvil.rpc('eth_getTransactionReceipt', [attempt.hash]);
    expect(receipt).toMatchObject({ status: '0x1' });
    expect(proofs.map(({ status }) => status)).toEqual(['unpaid', 'unpaid', 'unpaid']);
  });
});

describe('rule 5: whoever copies a payment from the pool pays it', () => {
  it('it is found paid, in the transaction that carries it', async () => {
    const items = await authorizations(2);
    const [copied] = items;
    if (copied === undefined) throw new Error('no payment');
    const attempt = await signed(items);
    const thief = stage.anvil.accounts[1];
    if (thief === undefined) throw new Error('nobody else has gas');
    const data = (await callsIn(attempt))[0] ?? '0x';
    const hash = await sendTransaction(stage.anvil, { ...thief, to: USDC.address, data });
    const { proofs } = await mined(attempt, items);
    expect(proofs.map(({ status }) => status)).toEqual(['unpaid', 'paid']);
    expect(await stage.chain.locate(copied)).toMatchObject({ status: 'paid', transaction: hash });
  });
});

async function callsIn(attempt: Attempt): Promise<readonly Hex[]> {
  const { args } = decodeFunctionData({ abi: multicall3Abi, data: callOf(attempt).data ?? '0x' });
  const calls = args?.[0] as readonly { readonly callData: Hex }[];
  return calls.map(({ callData }) => callData);
}

describe('rule 8: what would fail anyway is not sent', () => {
  it('a paused token is blamed, when nobody else can have said so', async () => {
    const item = await authorizationBy(await stage.payer());
    await setPaused(stage.anvil, USDC, true);
    const [verdict] = await stage.chain.verify([item]);
    await setPaused(stage.anvil, USDC, false);
    expect(verdict).toMatchObject({ reason: 'invalid_exact_evm_asset_paused', blame: 'asset' });
  });

  it('a blocked payee is blamed, a blocked payer is not', async () => {
    const [payer, blockedPayer, payee] = [await stage.payer(), await stage.payer(), newWallet()];
    await setBlocked(stage.anvil, USDC, payee.address, true);
    await setBlocked(stage.anvil, USDC, blockedPayer.address, true);
    const items = [await authorizationBy(payer, { to: payee.address }), await authorizationBy(blockedPayer)];
    const [toPayee, byPayer] = await stage.chain.verify(items);
    expect(toPayee).toMatchObject({ reason: 'invalid_exact_evm_account_blocked', blame: 'payee' });
    expect(byPayer).toMatchObject({ reason: 'invalid_exact_evm_account_blocked' });
    expect(byPayer).not.toHaveProperty('blame');
  });
});

describe('rule 9: a signature that runs out before its block is not sent', () => {
  it.each([
    ['base', 7n],
    ['arbitrum', 6n],
    ['ethereum', 17n],
  ])('on %s it has to last for a block and five seconds more: %i', async (name, seconds) => {
    const chain = stage.another({ network: { blockMs: registered(name).blockMs } });
    const until = async (end: bigint) =>
      chain.untimely(await authorizationBy(newWallet(), { validBefore: end }, chain), 1_000_000n);
    expect(await until(1_000_000n + seconds)).toBeUndefined();
    expect(await until(1_000_000n + seconds - 1n)).toMatchObject({ status: 'refused' });
  });
});

describe('rule 12: why a mined payment failed is asked of the state before its block', () => {
  it('also when it would go through now', async () => {
    const payer = await stage.payer();
    const item = await authorizationBy(payer);
    await transfer(payer, stage.operator.address as Hex, PURSE);
    const { block, proofs } = await mined(await signed([item]), [item]);
    expect(proofs).toMatchObject([{ status: 'unpaid', message: expect.stringContaining('reverted') }]);
    expect(await stage.chain.explain(item, block)).toMatchObject({
      reason: 'invalid_exact_evm_insufficient_balance',
      message: expect.stringContaining('holds 0 of'),
    });
    await transfer(stage.operator, payer.address as Hex, PURSE);
    expect(await stage.chain.verify([item])).toEqual([{ status: 'valid' }]);
    expect(await stage.chain.explain(item, block)).toMatchObject({ reason: 'invalid_exact_evm_insufficient_balance' });
  });

  async function transfer(from: Wallet, to: Hex, value: bigint): Promise<void> {
    await stage.anvil.setBalance(from.address, 10n ** 20n);
    const data = encodeFunctionData({ abi: erc20Abi, functionName: 'transfer', args: [to, value] });
    await sendTransaction(stage.anvil, { ...from, to: USDC.address, data });
    await stage.anvil.mine();
  }
});

describe('rule 14: who sent a shared transaction can be seen', () => {
  it('it is ours, to Multicall3, with each transfer in its logs at the place that the answer names', async () => {
    const items = await authorizations(3);
    const attempt = await signed(items);
    const { proofs } = await mined(attempt, items);
    const receipt = (await stage.anvil.rpc('eth_getTransactionReceipt', [attempt.hash])) as {
      readonly from: string;
      readonly to: string;
      readonly logs: readonly { readonly logIndex: Hex; readonly data: Hex }[];
    };
    expect(receipt.from).toBe(stage.operator.address.toLowerCase());
    expect(receipt.to).toBe(stage.network.multicall3.toLowerCase());
    for (const proof of proofs) {
      if (proof.status !== 'paid') throw new Error('a payment was not made');
      const log = receipt.logs.find(({ logIndex }) => Number(logIndex) === proof.locator.logIndex);
      expect(BigInt(log?.data ?? 0)).toBe(1_000n);
      expect(proof.locator.batchSize).toBe(3);
    }
  });
});

describe('rule 10: a block that vanishes is noticed', () => {
  it('it stands until another one has its number, and is deep when enough lie above it', async () => {
    const chain = stage.another({ policy: { reorgDepth: 3 } });
    await chain.open();
    const snapshot = await stage.anvil.rpc('evm_snapshot');
    const payer = await stage.payer();
    const { attempts, items } = await attemptsFor(stage, payer, { attempts: 1, chain });
    await stage.anvil.mine();
    const [sighting] = await chain.observe(attempts, items);
    const { block, blockHash, made } = included(sighting);
    expect(made).toBe(1);
    const standing = () => chain.standing([{ block, blockHash }]);
    expect(await standing()).toEqual(['there']);
    for (let above = 0; above < 3; above += 1) await stage.anvil.mine();
    expect(await standing()).toEqual(['deep']);
    await stage.anvil.rpc('evm_revert', [snapshot]);
    expect(await standing()).toEqual(['unknown']);
    for (let above = 0; above < 10; above += 1) await stage.anvil.mine();
    expect(await standing()).toEqual(['gone']);
  });
});

describe('rule 11: what takes the place of a transaction carries the same payments', () => {
  it('to the last byte when some of them are told already, and never others', async () => {
    const items = await authorizations(3);
    const attempt = await signed(items);
    const same = await stage.chain.replace(attempt, 'same');
    const rebuilt = await stage.chain.replace(attempt, items);
    const [first, second, third] = [attempt, same, rebuilt].map((each) => each && callOf(each));
    expect({ to: second?.to, data: second?.data, gas: second?.gas, nonce: second?.nonce }).toEqual({
      to: first?.to,
      data: first?.data,
      gas: first?.gas,
      nonce: first?.nonce,
    });
    expect(third?.data).toBe(first?.data);
    expect(second?.maxFeePerGas).toBeGreaterThan(first?.maxFeePerGas ?? 0n);
  });
});

describe('rule 13: who asks to travel alone does so after a restart, too', () => {
  it('the journal keeps it, and what asks for nothing is kept as it always was', async () => {
    const item = await authorizationBy(newWallet());
    expect(stow(item)).not.toContain('batching');
    expect(recall(stow(item), 84532)).toEqual(item);
    const alone: EvmAuthorization = { ...item, batching: 'off' };
    expect(recall(stow(alone), 84532)).toEqual(alone);
  });
});
