/** Wallets that ERC-6492 signatures would deploy: what is sent is what was simulated, whether the wallet exists by then or not. */
import type { Attempt, Verdict } from '@facilitator/engine';
import {
  bareCounterfactualWallet,
  type Counterfactual,
  fund,
  newWallet,
  putBareFactory,
  putGasBurnerWallet,
  randomNonce,
  sendTransaction,
  signAuthorization,
  startForwarder,
  type Wallet,
  wrap6492,
} from '@facilitator/testing';
import { type Address, type Hex, parseTransaction } from 'viem';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { EvmAuthorization, EvmChain } from '../src/index.ts';
import { included } from './attempts.ts';
import { paymentOf } from './payment.ts';
import { decoded, PURSE, type Stage, setStage, USDC } from './stage.ts';

let stage: Stage;
let factory: Address;
let owner: Wallet;
/** Fresh: it knows nothing of any wallet. */
let chain: EvmChain;
beforeAll(async () => {
  stage = await setStage();
  factory = await putBareFactory(stage.anvil);
});
afterAll(() => stage.stop());
beforeEach(async () => {
  owner = newWallet();
  chain = await another();
});

async function another(): Promise<EvmChain> {
  const made = stage.another({ policy: { factories: [factory] } });
  await made.open();
  return made;
}

async function future(): Promise<Counterfactual> {
  const wallet = bareCounterfactualWallet(factory, owner.address, randomNonce());
  await fund(stage.anvil, USDC, wallet.address, PURSE);
  return wallet;
}

async function wrapped(from: Address, factoryCalldata: Hex = '0x'): Promise<EvmAuthorization> {
  const wanted = { ...owner, chainId: 84532, token: USDC, from, to: stage.seller.address, value: 1_000n };
  const payload = await signAuthorization(wanted);
  const signature = wrap6492(factory, factoryCalldata, payload.signature);
  return decoded(chain.decode(paymentOf({ ...payload, signature }, wanted)));
}

async function deploy({ factoryCalldata: data }: Counterfactual): Promise<void> {
  const [, stranger] = stage.anvil.accounts;
  if (stranger === undefined) throw new Error('there is no stranger');
  await sendTransaction(stage.anvil, { privateKey: stranger.privateKey, to: factory, data });
  await stage.anvil.mine();
}

/** The payment as it is to be settled, by what the look at it has shown. */
function toSettle(authorization: EvmAuthorization, verdict: Verdict<EvmAuthorization> | undefined): EvmAuthorization {
  if (verdict?.status !== 'valid') throw new Error(`not valid: ${JSON.stringify(verdict)}`);
  return verdict.as ?? authorization;
}

async function sent(item: EvmAuthorization, by: EvmChain = chain) {
  const signer = stage.operator.address;
  const nonce = await by.floor(signer);
  // As the journal hands it over, perhaps to another process.
  const signed = await by.sign(signer, nonce, [by.recall(by.stow(item))]);
  const attempt: Attempt = { ...signed, network: by.network, signer, nonce, items: [item.anchor] };
  expect(await by.broadcast(attempt)).toEqual({ status: 'accepted' });
  await stage.anvil.mine();
  const [sighting] = await by.observe([attempt], [[item]]);
  const { proofs } = included(sighting);
  return { proofs, transaction: parseTransaction(attempt.bytes as Hex) };
}

describe('a wallet that exists by now', () => {
  it('is paid from without its factory, in one round trip, though nothing was known of it', async () => {
    const wallet = await future();
    await deploy(wallet);
    const item = await wrapped(wallet.address, wallet.factoryCalldata);
    stage.proxy.reset();
    const [verdict] = await chain.verify([item]);
    expect(stage.proxy.requests).toBe(1);
    // Another process knows nothing of it either.
    const { proofs, transaction } = await sent(toSettle(item, verdict), await another());
    expect(proofs).toMatchObject([{ status: 'paid' }]);
    expect(transaction).toMatchObject({ to: USDC.address.toLowerCase(), gas: 500_000n });
    stage.proxy.reset();
    expect(await chain.verify([await wrapped(wallet.address, wallet.factoryCalldata)])).toMatchObject([
      { status: 'valid' },
    ]);
    expect(stage.proxy.calls).toEqual(['eth_call']);
  });

  it('that was not there a moment ago is found', async () => {
    const wallet = await future();
    const [early] = await chain.verify([await wrapped(wallet.address, wallet.factoryCalldata)]);
    expect(early).toEqual({ status: 'valid' });
    await deploy(wallet);
    const item = await wrapped(wallet.address, wallet.factoryCalldata);
    const [verdict] = await chain.verify([item]);
    expect((await sent(toSettle(item, verdict))).proofs).toMatchObject([{ status: 'paid' }]);
  });

  it('may use no more gas than will be sent with it', async () => {
    const burner = await putGasBurnerWallet(stage.anvil, owner.address, 480_000n);
    await fund(stage.anvil, USDC, burner, PURSE);
    for (const _ of ['unknown', 'known'])
      expect(await chain.verify([await wrapped(burner)])).toMatchObject([
        { status: 'refused', reason: 'invalid_exact_evm_gas_ceiling_exceeded' },
      ]);
    const modest = await putGasBurnerWallet(stage.anvil, owner.address, 300_000n);
    await fund(stage.anvil, USDC, modest, PURSE);
    const item = await wrapped(modest);
    const [verdict] = await chain.verify([item]);
    expect((await sent(toSettle(item, verdict))).proofs).toMatchObject([{ status: 'paid' }]);
  });
});

describe('a wallet that does not exist', () => {
  it('is deployed by its first payment, which alone needs the factory', async () => {
    const wallet = await future();
    const item = await wrapped(wallet.address, wallet.factoryCalldata);
    stage.proxy.reset();
    const [verdict] = await chain.verify([item]);
    expect(stage.proxy.requests).toBe(1);
    const first = toSettle(item, verdict);
    expect(chain.deploys(first)).toBe(true);
    const { proofs, transaction } = await sent(first);
    expect(proofs).toMatchObject([{ status: 'paid' }]);
    expect(transaction).toMatchObject({ to: stage.network.multicall3.toLowerCase(), gas: 1_000_000n });
    const next = await wrapped(wallet.address, wallet.factoryCalldata);
    const second = toSettle(next, (await chain.verify([next]))[0]);
    expect(chain.deploys(second)).toBe(false);
    expect((await sent(second)).transaction.to).toBe(USDC.address.toLowerCase());
  });

  it('as far as anybody says: where that is not known it is not judged', async () => {
    const forwarder = await startForwarder({
      upstream: stage.anvil.url,
      intercept: ({ method }) =>
        method === 'eth_getCode' ? { action: 'refuse', code: -32000, message: 'too busy' } : { action: 'pass' },
    });
    onTestFinished(() => forwarder.stop());
    const wallet = await future();
    const item = await wrapped(wallet.address, wallet.factoryCalldata);
    const unsure = stage.another({ policy: { factories: [factory] }, url: forwarder.url });
    expect(await unsure.verify([item])).toEqual([
      { status: 'unavailable', answered: true, detail: expect.stringContaining('too busy') },
    ]);
  });
});
