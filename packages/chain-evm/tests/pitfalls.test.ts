/**
 * What goes wrong on a real chain when payments share transactions, and the rule against each. The rules that need no chain
 * are in packages/engine/tests/pitfalls.test.ts.
 */
import type { Attempt } from '@facilitator/engine';
import { newWallet, type Wallet } from '@facilitator/testing';
import { type Hex, parseTransaction } from 'viem';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EvmAuthorization, recall, stow } from '../src/authorization.ts';
import type { EvmChain } from '../src/index.ts';
import { attemptsFor, included } from './attempts.ts';
import { decoded, type Stage, setStage } from './stage.ts';

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

const callOf = (attempt: Pick<Attempt, 'bytes'>) => parseTransaction(attempt.bytes as Hex);

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
