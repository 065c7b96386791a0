import type { Attempt } from '@facilitator/engine';
import {
  balanceOf,
  counterfactualWallet,
  fund,
  newWallet,
  putFactory,
  putToken,
  putWallet,
  randomNonce,
  sendTransaction,
  setNonceUsed,
  signAuthorization,
  someAddress,
  type TokenFixture,
  transferCalldata,
  type Wallet,
  wrap6492,
} from '@facilitator/testing';
import { encodeFunctionData, type Hex, multicall3Abi, pad, parseAbi, parseTransaction, toEventSelector } from 'viem';
import { signTypedData } from 'viem/accounts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type EvmAuthorization,
  type EvmChain,
  evmChain,
  jsonRpc,
  localSigner,
  type Rpc,
  type RpcCall,
} from '../src/index.ts';
import { attemptsFor, included } from './attempts.ts';
import { handClock, realClock } from './clock.ts';
import { paymentOf } from './payment.ts';
import { decoded, GLUE, PURSE, type Stage, setStage, tokenLike, USDC } from './stage.ts';

let stage: Stage;
let payer: Wallet;
beforeAll(async () => {
  stage = await setStage();
});
afterAll(() => stage.stop());
beforeEach(async () => {
  payer = await stage.payer();
});

async function authorization(wanted: Parameters<Stage['pay']>[1] = {}): Promise<EvmAuthorization> {
  return decoded(stage.chain.decode(await stage.pay(payer, wanted)));
}

/** What the journal would keep. */
async function prepared(items: readonly EvmAuthorization[], chain: EvmChain = stage.chain): Promise<Attempt> {
  const signer = stage.operator.address;
  const nonce = await chain.floor(signer);
  const signed = await chain.sign(signer, nonce, items);
  return { ...signed, network: chain.network, signer, nonce, items: items.map(({ anchor }) => anchor) };
}

async function settled(items: readonly EvmAuthorization[], chain: EvmChain = stage.chain) {
  const attempt = await prepared(items, chain);
  expect(await chain.broadcast(attempt)).toEqual({ status: 'accepted' });
  // The node mines on its own a moment after it has answered.
  await stage.anvil.mine();
  const [sighting] = await chain.observe([attempt], [items]);
  return { attempt, sighting: included(sighting) };
}

describe('a full transaction', () => {
  it('has gas for first payments to as many sellers, and a fifth to spare', async () => {
    const count = stage.chain.capacity();
    expect(count).toBeGreaterThanOrEqual(46);
    const items = await Promise.all(
      Array.from({ length: count }, async () => {
        const payment = await stage.pay(await stage.payer(), { to: someAddress() });
        return decoded(stage.chain.decode(payment));
      }),
    );
    await stage.chain.verify(items);
    const { attempt, sighting } = await settled(items);
    expect(sighting.proofs.map(({ status }) => status)).toEqual(items.map(() => 'paid'));
    const { gas = 0n } = parseTransaction(attempt.bytes as Hex);
    const receipt = await stage.anvil.rpc('eth_getTransactionReceipt', [attempt.hash]);
    const { gasUsed } = receipt as { readonly gasUsed: Hex };
    expect(BigInt(gasUsed)).toBeLessThan((gas * 4n) / 5n);
  });
});

describe('a lone payment', () => {
  it('is verified, signed, sent and seen with one call each, but none for signing', async () => {
    const item = await authorization();
    stage.proxy.reset();
    await stage.chain.verify([item]);
    const signed = await stage.chain.sign(stage.operator.address, await stage.chain.floor(stage.operator.address), [
      item,
    ]);
    expect(stage.proxy.calls).toEqual(['eth_call', 'eth_getTransactionCount']);
    stage.proxy.reset();
    const attempt = {
      ...signed,
      network: stage.chain.network,
      signer: stage.operator.address,
      nonce: 0n,
      items: ['x'],
    };
    await stage.chain.broadcast(attempt);
    await stage.anvil.mine();
    await stage.chain.observe([attempt], [[item]]);
    expect(stage.proxy.calls).toEqual(['eth_sendRawTransaction', 'eth_getTransactionReceipt']);
  });

  it('is proved by its own logs, with what it cost', async () => {
    const item = await authorization();
    const before = await stage.anvil.rpc('eth_getBalance', [stage.operator.address, 'latest']);
    const { sighting } = await settled([item]);
    const after = await stage.anvil.rpc('eth_getBalance', [stage.operator.address, 'latest']);
    expect(sighting).toMatchObject({
      final: true,
      proofs: [{ status: 'paid', locator: { logIndex: 1, authorizationNonce: item.nonce, batchSize: 1 } }],
      cost: BigInt(before as Hex) - BigInt(after as Hex),
    });
    expect(await balanceOf(stage.anvil, USDC, stage.seller.address)).toBeGreaterThan(0n);
  });

  it('uses v, r, s for keys, the bytes overload for wallets, and no more gas than its ceiling', async () => {
    const byKey = parseTransaction((await prepared([await authorization({ token: GLUE })])).bytes as Hex);
    expect(byKey).toMatchObject({ type: 'eip1559', to: GLUE.address.toLowerCase(), gas: 150_000n });
    expect(byKey.data?.slice(0, 10)).toBe('0xe3ee160e');
    const wallet = await putWallet(stage.anvil, 'Wallet1271', payer.address);
    const byWallet = parseTransaction((await prepared([await authorization({ from: wallet })])).bytes as Hex);
    expect(byWallet).toMatchObject({ to: USDC.address.toLowerCase(), gas: 500_000n });
    expect(byWallet.data?.slice(0, 10)).toBe('0xcf092995');
  });

  it('may be by a wallet, deployed or not', async () => {
    const wallet = await putWallet(stage.anvil, 'Wallet1271', payer.address);
    await fund(stage.anvil, USDC, wallet, PURSE);
    expect((await settled([await authorization({ from: wallet })])).sighting.proofs).toMatchObject([
      { status: 'paid' },
    ]);

    const factory = await putFactory(stage.anvil);
    const chain = stage.another({ policy: { factories: [factory] } });
    const future = counterfactualWallet(factory, payer.address, randomNonce());
    await fund(stage.anvil, USDC, future.address, PURSE);
    const wanted = { ...payer, chainId: 84532, token: USDC, from: future.address, to: stage.seller.address, value: 5n };
    const payload = await signAuthorization(wanted);
    const signature = wrap6492(factory, future.factoryCalldata, payload.signature);
    const item = decoded(chain.decode(paymentOf({ ...payload, signature }, wanted)));
    expect(await chain.verify([item])).toEqual([{ status: 'valid' }]);
    const { attempt, sighting } = await settled([item], chain);
    expect(parseTransaction(attempt.bytes as Hex).to).toBe(stage.network.multicall3.toLowerCase());
    expect(sighting.proofs).toMatchObject([{ status: 'paid', locator: { batchSize: 1 } }]);
    expect(await stage.anvil.rpc('eth_getCode', [future.address, 'latest'])).not.toBe('0x');
  });

  it('is proved on the side of the mark where its token moves the money', async () => {
    const token: TokenFixture = { ...USDC, kind: 'LateMarkToken', address: someAddress() };
    await putToken(stage.anvil, token);
    await fund(stage.anvil, token, payer.address, PURSE);
    const late = stage.another({ tokens: [tokenLike(token, 'both', 'before')] });
    const usual = stage.another({ tokens: [tokenLike(token)] });
    const item = decoded(late.decode(await stage.pay(payer, { token })));
    const { attempt, sighting } = await settled([item], late);
    expect(sighting.proofs).toMatchObject([{ status: 'paid', locator: { logIndex: 0 } }]);
    expect(await late.locate(item)).toMatchObject({ status: 'paid', transaction: attempt.hash });
    // Nobody has told this one how the token does it, and no receipt may.
    const [seen] = await usual.observe([attempt], [[item]]);
    expect(included(seen).proofs).toMatchObject([{ reason: 'invalid_exact_evm_transfer_event_mismatch' }]);
  });

  it('that was used before is mined and proves unpaid', async () => {
    const nonce = randomNonce();
    const item = await authorization({ nonce });
    await setNonceUsed(stage.anvil, USDC, payer.address, nonce);
    expect((await settled([item])).sighting.proofs).toMatchObject([
      { status: 'unpaid', reason: 'invalid_exact_evm_transaction_failed' },
    ]);
  });

  it('of a token that only pays when simulated proves unpaid', async () => {
    const liar: TokenFixture = { ...USDC, kind: 'LyingToken', address: someAddress() };
    await putToken(stage.anvil, liar);
    await fund(stage.anvil, liar, payer.address, PURSE);
    const chain = stage.another({ tokens: [tokenLike(liar)] });
    const item = decoded(chain.decode(await stage.pay(payer, { token: liar })));
    expect(await chain.verify([item])).toEqual([{ status: 'valid' }]);
    expect((await settled([item], chain)).sighting.proofs).toMatchObject([{ status: 'unpaid' }]);
  });

  it('of a foreign signer is not signed', async () => {
    const item = await authorization();
    await expect(stage.chain.sign(payer.address, 0n, [item])).rejects.toThrow(`no key signs for ${payer.address}`);
  });

  it('may be none at all: the transaction only uses its nonce up', async () => {
    const { bytes } = await stage.chain.sign(stage.operator.address, 7n, []);
    const empty = parseTransaction(bytes as Hex);
    expect(empty).toMatchObject({ nonce: 7, to: stage.operator.address.toLowerCase() });
    expect([empty.data, empty.value]).toEqual([undefined, undefined]);
  });
});

describe('several payments in one transaction', () => {
  it('are each proved by their own logs, whatever became of the others', async () => {
    const nonce = randomNonce();
    const items = [
      await authorization({ value: 7n }),
      await authorization({ value: 7n }),
      await authorization({ nonce }),
      await authorization({ token: GLUE, value: 7n }),
      await authorization({ value: 7n }),
    ];
    await stage.chain.verify(items);
    await setNonceUsed(stage.anvil, USDC, payer.address, nonce);
    expect(items.every(stage.chain.groupable)).toBe(true);
    const { sighting } = await settled(items);
    expect(sighting.proofs).toMatchObject([
      { status: 'paid', locator: { batchSize: 5 } },
      { status: 'paid' },
      { status: 'unpaid', reason: 'invalid_exact_evm_transaction_failed' },
      { status: 'paid' },
      { status: 'paid' },
    ]);
    const places = sighting.proofs.flatMap((proof) => (proof.status === 'paid' ? [proof.locator.logIndex] : []));
    expect(new Set(places).size).toBe(4);
  });

  it('fill at most their share of a block, and none may run code of its own', async () => {
    expect(stage.chain.capacity()).toBe(46);
    const wallet = await putWallet(stage.anvil, 'Wallet1271', payer.address);
    const item = await authorization({ from: wallet });
    expect(stage.chain.groupable(item)).toBe(false);
    await expect(prepared([item, item])).rejects.toThrow('goes alone');
    const one = await authorization();
    await expect(prepared(Array.from({ length: 47 }, () => one))).rejects.toThrow('do not fit');
  });
});

describe('handing bytes over', () => {
  it('twice is accepted twice', async () => {
    await stage.anvil.pauseMining();
    const attempt = await prepared([await authorization()]);
    expect(await stage.chain.broadcast(attempt)).toEqual({ status: 'accepted' });
    expect(await stage.chain.broadcast(attempt)).toEqual({ status: 'accepted' });
    await stage.anvil.resumeMining();
  });

  it('after the nonce was used proves nothing', async () => {
    const { attempt } = await settled([await authorization()]);
    expect(await stage.chain.broadcast(attempt)).toMatchObject({ status: 'unknown' });
  });

  it('without gas money, or to nobody, is refused', async () => {
    const attempt = await prepared([await authorization()]);
    const balance = await stage.anvil.rpc('eth_getBalance', [stage.operator.address, 'latest']);
    await stage.anvil.setBalance(stage.operator.address, 1n);
    const poor = await stage.chain.broadcast(attempt);
    await stage.anvil.setBalance(stage.operator.address, BigInt(balance as Hex));
    expect(poor).toMatchObject({ status: 'refused', detail: expect.stringMatching(/insufficient funds/i) });
    const nobody = stage.another({ url: 'http://127.0.0.1:1/' });
    expect(await nobody.broadcast(attempt)).toMatchObject({
      status: 'refused',
      detail: expect.stringMatching(/ECONN/),
    });
  });
});

describe('replacing', () => {
  it('takes the place of what waits, with the same payments or with none', async () => {
    await stage.anvil.pauseMining();
    const item = await authorization();
    const first = await prepared([item]);
    await stage.chain.broadcast(first);
    const signed = await stage.chain.replace(first, [item]);
    const second = { ...first, ...signed };
    expect(second.hash).not.toBe(first.hash);
    expect(await stage.chain.broadcast(second)).toEqual({ status: 'accepted' });
    const third = { ...second, ...(await stage.chain.replace(second, [])) };
    expect(await stage.chain.broadcast(third)).toEqual({ status: 'accepted' });
    await stage.anvil.resumeMining();
    const seen = await stage.chain.observe([first, second, third], [[item], [item], [item]]);
    expect(seen.map(({ status }) => status)).toEqual(['unseen', 'unseen', 'included']);
    expect(included(seen[2]).proofs).toMatchObject([{ status: 'unpaid' }]);
  });

  it('has an end at the ceiling', async () => {
    const attempt = await prepared([await authorization()]);
    const offered = parseTransaction(attempt.bytes as Hex).maxFeePerGas ?? 0n;
    const chain = stage.another({ policy: { maxFeePerGas: offered } });
    expect(await chain.replace(attempt, [await authorization()])).toBeUndefined();
  });

  it('is not made for a key that left the pool', async () => {
    const attempt = await prepared([await authorization()]);
    const gone = { ...attempt, signer: newWallet().address };
    expect(await stage.chain.replace(gone, [await authorization()])).toBeUndefined();
  });
});

describe('looking for attempts', () => {
  it('asks for counts first, and for receipts that can exist', async () => {
    await stage.anvil.pauseMining();
    const { attempts, items } = await attemptsFor(stage, payer, { attempts: 5 });
    stage.proxy.reset();
    const before = await stage.chain.observe(attempts, items);
    expect(before.every(({ status }) => status === 'unseen')).toBe(true);
    expect(stage.proxy.calls).toEqual(['eth_getTransactionCount']);
    await stage.anvil.resumeMining();
    stage.proxy.reset();
    const after = await stage.chain.observe(attempts, items);
    expect(after.flatMap((seen) => included(seen).proofs.map(({ status }) => status))).toEqual(items.map(() => 'paid'));
    expect(stage.proxy.requests).toBe(2);
  });

  it('waits for blocks above where the network wants them, and sees what a reorganisation takes back', async () => {
    const chain = stage.another({ network: { confirmation: { blocks: 3 } } });
    await chain.open();
    const { attempt, sighting } = await settled([await authorization()], chain);
    const item = await authorization();
    expect(sighting.final).toBe(false);
    await stage.anvil.mine(2);
    expect(included((await chain.observe([attempt], [[item]]))[0]).final).toBe(true);
    await stage.anvil.reorg(10);
    expect(await chain.observe([attempt], [[item]])).toEqual([{ status: 'unseen' }]);
  });

  it('proves only with two heads that another transaction took the nonce for good', async () => {
    const clock = handClock();
    const chain = stage.another({ clock });
    await chain.open();
    const attempt = await prepared([await authorization()], chain);
    // Somebody else signs with the same key.
    await sendTransaction(stage.anvil, { privateKey: stage.operator.privateKey, to: payer.address, data: '0x' });
    await stage.anvil.mine();
    const look = async () => (await chain.observe([attempt], [[]]))[0]?.status;
    expect(await look()).toBe('unseen');
    clock.move(stage.network.blockMs * 3);
    await stage.anvil.pauseMining();
    expect(await look()).toBe('unseen');
    clock.move(stage.network.blockMs);
    expect(await look()).toBe('unseen');
    await stage.anvil.mine();
    clock.move(stage.network.blockMs);
    expect(await look()).toBe('superseded');
    await stage.anvil.resumeMining();
  });

  it('never takes a pending transaction for lost', async () => {
    const clock = handClock();
    const chain = stage.another({ clock });
    await chain.open();
    await stage.anvil.pauseMining();
    const attempt = await prepared([await authorization()], chain);
    await chain.broadcast(attempt);
    for (let round = 0; round < 4; round += 1) {
      expect(await chain.observe([attempt], [[]])).toEqual([{ status: 'unseen' }]);
      clock.move(stage.network.blockMs * 4);
    }
    await stage.anvil.resumeMining();
    expect((await chain.observe([attempt], [[]]))[0]?.status).toBe('included');
  });

  it('knows nothing while the node is gone', async () => {
    const { attempt } = await settled([await authorization()]);
    const chain = stage.another({ url: 'http://127.0.0.1:1/' });
    expect(await chain.observe([attempt], [[]])).toEqual([{ status: 'unseen' }]);
    expect(await chain.locate(await authorization())).toEqual({ status: 'unknown' });
    await expect(chain.floor(stage.operator.address)).rejects.toThrow(/cannot be reached/);
  });
});

describe('looking for a payment', () => {
  it('finds whoever carried it', async () => {
    const payment = await stage.pay(payer);
    const item = decoded(stage.chain.decode(payment));
    expect(await stage.chain.locate(item)).toEqual({ status: 'unused', expired: false });
    const stranger = stage.anvil.accounts[1] ?? stage.operator;
    const data = transferCalldata(payment.payload as Parameters<typeof transferCalldata>[0], 'vrs');
    const transaction = await sendTransaction(stage.anvil, { privateKey: stranger.privateKey, to: USDC.address, data });
    await stage.anvil.mine(3);
    expect(await stage.chain.locate(item)).toEqual({
      status: 'paid',
      transaction,
      locator: { logIndex: 1, authorizationNonce: item.nonce, batchSize: 1 },
    });
  });

  it('counts one transfer for one payment, also in a transaction that the payer composed', async () => {
    const nonces = [randomNonce(), randomNonce()] as const;
    const items = await Promise.all(nonces.map((nonce) => authorization({ nonce })));
    // The second authorization pays himself.
    const sent = [
      await stage.pay(payer, { nonce: nonces[0] }),
      await stage.pay(payer, { nonce: nonces[1], to: payer.address }),
    ];
    const calls = sent.map(({ payload }) => ({
      target: USDC.address,
      allowFailure: false,
      callData: transferCalldata(payload as Parameters<typeof transferCalldata>[0], 'vrs'),
    }));
    const data = encodeFunctionData({ abi: multicall3Abi, functionName: 'aggregate3', args: [calls] });
    const stranger = stage.anvil.accounts[1] ?? stage.operator;
    await sendTransaction(stage.anvil, { ...stranger, to: stage.network.multicall3, data });
    await stage.anvil.mine(3);
    const found = [];
    for (const item of items) found.push(await stage.chain.locate(item));
    expect(found).toMatchObject([
      { status: 'paid', locator: { logIndex: 1 } },
      { status: 'void', reason: 'invalid_exact_evm_transfer_event_mismatch' },
    ]);
  });

  it('finds that the payer cancelled it', async () => {
    const item = await authorization();
    await cancel(payer, item.nonce as Hex);
    await stage.anvil.mine();
    expect(await stage.chain.locate(item)).toMatchObject({
      status: 'void',
      reason: 'invalid_exact_evm_nonce_already_used',
      message: expect.stringContaining('cancelled'),
    });
  });

  it('proves by the time of the chain that it can never be paid', async () => {
    const block = await stage.anvil.rpc('eth_getBlockByNumber', ['latest', false]);
    const time = BigInt((block as { timestamp: Hex }).timestamp);
    expect(await stage.chain.locate(await authorization({ validBefore: time }))).toEqual({
      status: 'unused',
      expired: true,
    });
    const patient = stage.another({ network: { confirmation: { blocks: 3 } } });
    expect(await patient.locate(await authorization({ validBefore: time }))).toEqual({
      status: 'unused',
      expired: false,
    });
  });

  it('knows nothing of a nonce that is used without any trace', async () => {
    const nonce = randomNonce();
    await setNonceUsed(stage.anvil, USDC, payer.address, nonce);
    expect(await stage.chain.locate(await authorization({ nonce }))).toEqual({ status: 'unknown' });
  });

  it('believes no log that it did not ask for, and none that its receipt does not have', async () => {
    const payment = await stage.pay(payer);
    const item = decoded(stage.chain.decode(payment));
    const stranger = await stage.payer();
    const foreign = randomNonce();
    await cancel(stranger, foreign);
    const data = transferCalldata(payment.payload as Parameters<typeof transferCalldata>[0], 'bytes');
    const [sender] = [stage.anvil.accounts[1] ?? stage.operator];
    const transaction = await sendTransaction(stage.anvil, { privateKey: sender.privateKey, to: USDC.address, data });
    await stage.anvil.mine(3);
    const node = jsonRpc({ url: stage.proxy.url, clock: realClock });
    type Change = (params: readonly unknown[]) => readonly unknown[];
    const through = (change: Change, forge = (result: unknown) => result): Rpc => ({
      async ask(calls) {
        const isLogs = ({ method }: RpcCall) => method === 'eth_getLogs';
        const answers = await node.ask(
          calls.map((call) => (isLogs(call) ? { ...call, params: change(call.params) } : call)),
        );
        return answers.map((answer, index) => {
          const call = calls[index];
          if (call === undefined || !isLogs(call) || answer.status !== 'result') return answer;
          return { ...answer, result: forge(answer.result) };
        });
      },
      close: node.close,
    });
    const over = (rpc: Rpc) =>
      evmChain({ network: stage.network, rpc, signers: [localSigner(stage.operator.privateKey)], clock: handClock() });
    const unfiltered = over(
      through(([filter]) => {
        const { topics: _, address: __, ...range } = filter as Readonly<Record<string, unknown>>;
        return [range];
      }),
    );
    expect(await unfiltered.locate(item)).toMatchObject({ status: 'paid', transaction });
    // The right words, in the name of a transaction that did not say them.
    const lie = { address: USDC.address, transactionHash: await cancel(stranger, randomNonce()), blockNumber: '0x1' };
    const topics = [CANCELED_TOPIC, pad(payer.address), item.nonce];
    const forged = over(
      through(
        (params) => params,
        () => [{ ...lie, topics }],
      ),
    );
    expect(await forged.locate(item)).toEqual({ status: 'unknown' });
    await node.close();
  });

  it('searches in steps that the provider allows', async () => {
    const payment = await stage.pay(payer);
    const item = decoded(stage.chain.decode(payment));
    const data = transferCalldata(payment.payload as Parameters<typeof transferCalldata>[0], 'bytes');
    await sendTransaction(stage.anvil, { privateKey: stage.operator.privateKey, to: USDC.address, data });
    await stage.anvil.mine(200);
    stage.proxy.block('eth_getLogs');
    expect(await stage.chain.locate(item)).toEqual({ status: 'unknown' });
    stage.proxy.unblock('eth_getLogs');
    // It has learned to take small steps by now, and still gets there.
    expect(await stage.chain.locate(item)).toMatchObject({ status: 'paid' });
    expect(stage.proxy.counts()['eth_getLogs']).toBeGreaterThan(10);
  });
});

describe('a network with legacy fees', () => {
  it('is paid on', async () => {
    const legacy = await setStage({ hardfork: 'berlin', network: { fees: 'legacy' } });
    try {
      const wallet = await legacy.payer();
      const item = decoded(legacy.chain.decode(await legacy.pay(wallet)));
      expect(await legacy.chain.verify([item])).toEqual([{ status: 'valid' }]);
      const { address: signer } = localSigner(legacy.operator.privateKey);
      const signed = await legacy.chain.sign(signer, 0n, [item]);
      expect(parseTransaction(signed.bytes as Hex)).toMatchObject({ type: 'legacy', chainId: 84532 });
      const attempt = { ...signed, network: legacy.chain.network, signer, nonce: 0n, items: [item.anchor] };
      expect(await legacy.chain.broadcast(attempt)).toEqual({ status: 'accepted' });
      await legacy.anvil.mine();
      const sighting = included((await legacy.chain.observe([attempt], [[item]]))[0]);
      expect(sighting.proofs).toMatchObject([{ status: 'paid' }]);
      expect(sighting.cost).toBeGreaterThan(0n);
    } finally {
      await legacy.stop();
    }
  });
});

const CANCELED_TOPIC = toEventSelector('AuthorizationCanceled(address,bytes32)');

/** Answers the transaction in which the payer's authorization is cancelled. */
async function cancel(by: Wallet, nonce: Hex): Promise<Hex> {
  const signature = await signTypedData({
    privateKey: by.privateKey,
    domain: { name: USDC.name, version: USDC.version, chainId: 84532, verifyingContract: USDC.address },
    types: {
      CancelAuthorization: [
        { name: 'authorizer', type: 'address' },
        { name: 'nonce', type: 'bytes32' },
      ],
    },
    primaryType: 'CancelAuthorization',
    message: { authorizer: by.address, nonce },
  });
  const data = encodeFunctionData({
    abi: parseAbi(['function cancelAuthorization(address authorizer, bytes32 nonce, bytes signature)']),
    args: [by.address, nonce, signature],
  });
  return sendTransaction(stage.anvil, { privateKey: stage.operator.privateKey, to: USDC.address, data });
}
