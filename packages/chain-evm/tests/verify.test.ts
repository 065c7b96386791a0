import type { Payment } from '@facilitator/protocol';
import {
  counterfactualWallet,
  delegateAccount,
  fund,
  putFactory,
  putGasBurnerWallet,
  putToken,
  putWallet,
  randomNonce,
  setBlocked,
  setNonceUsed,
  setPaused,
  signAuthorization,
  someAddress,
  type TokenFixture,
  type Wallet,
  wrap6492,
} from '@facilitator/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { paymentOf } from './payment.ts';
import { decoded, GLUE, PURSE, type Stage, setStage, tokenLike, USDC, verdictOf } from './stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await setStage();
});
afterAll(() => stage.stop());

/** One of `list`, in turn. */
function nth<T>(list: readonly T[], index: number): T {
  const found = list[index % list.length];
  if (found === undefined) throw new Error('the list is empty');
  return found;
}
const range = <T>(length: number, make: (index: number) => T) => Array.from({ length }, (_, index) => make(index));
const authorizationsOf = (payments: readonly Payment[]) => payments.map((each) => decoded(stage.chain.decode(each)));

describe('one payment', () => {
  it('costs one call and one request', async () => {
    const payment = await stage.pay(await stage.payer());
    stage.proxy.reset();
    expect(await verdictOf(stage.chain, payment)).toEqual({ status: 'valid' });
    expect(stage.proxy.calls).toEqual(['eth_call']);
  });

  it('is good with the v, r, s overload only', async () => {
    const payment = await stage.pay(await stage.payer(), { token: GLUE });
    expect(await verdictOf(stage.chain, payment)).toEqual({ status: 'valid' });
  });

  it('may pay the payer', async () => {
    const payer = await stage.payer();
    const good = await stage.pay(payer, { to: payer.address });
    expect(await verdictOf(stage.chain, good)).toEqual({ status: 'valid' });
    const tooMuch = await stage.pay(payer, { to: payer.address, value: PURSE + 1n });
    expect(await verdictOf(stage.chain, tooMuch)).toMatchObject({ reason: 'invalid_exact_evm_insufficient_balance' });
  });

  it('says what is missing', async () => {
    const payer = await stage.payer();
    expect(await verdictOf(stage.chain, await stage.pay(payer, { value: PURSE + 1n }))).toEqual({
      status: 'refused',
      reason: 'invalid_exact_evm_insufficient_balance',
      message: `${payer.address} holds ${PURSE} of ${USDC.address}; the payment needs ${PURSE + 1n}.`,
      payer: payer.address,
    });
  });

  it('is refused when its nonce is used', async () => {
    const payer = await stage.payer();
    for (const token of [USDC, GLUE]) {
      const nonce = randomNonce();
      await setNonceUsed(stage.anvil, token, payer.address, nonce);
      const verdict = await verdictOf(stage.chain, await stage.pay(payer, { token, nonce }));
      expect(verdict).toMatchObject({ reason: 'invalid_exact_evm_nonce_already_used' });
    }
  });

  it('names who is blocked', async () => {
    const [payer, blockedPayer, payee] = [await stage.payer(), await stage.payer(), await stage.payer()];
    await setBlocked(stage.anvil, USDC, blockedPayer.address, true);
    await setBlocked(stage.anvil, USDC, payee.address, true);
    const byPayer = await verdictOf(stage.chain, await stage.pay(blockedPayer));
    const byPayee = await verdictOf(stage.chain, await stage.pay(payer, { to: payee.address }));
    expect(byPayer).toMatchObject({
      reason: 'invalid_exact_evm_account_blocked',
      message: `The issuer of ${USDC.address} has blocked the payer ${blockedPayer.address}.`,
    });
    expect(byPayee).toMatchObject({
      reason: 'invalid_exact_evm_account_blocked',
      message: `The issuer of ${USDC.address} has blocked the payee ${payee.address}.`,
    });
  });

  it('is refused while the token is paused', async () => {
    const payment = await stage.pay(await stage.payer());
    await setPaused(stage.anvil, USDC, true);
    const verdict = await verdictOf(stage.chain, payment);
    await setPaused(stage.anvil, USDC, false);
    expect(verdict).toMatchObject({ reason: 'invalid_exact_evm_asset_paused' });
  });

  it('is good when it begins after the last block and before the next', async () => {
    const payer = await stage.payer();
    await stage.anvil.pauseMining();
    const block = await stage.anvil.rpc('eth_getBlockByNumber', ['latest', false]);
    const time = BigInt((block as { timestamp: string }).timestamp);
    const clock = { now: () => time + 5n, milliseconds: () => 0, after: () => () => undefined };
    const chain = stage.another({ clock });
    const soon = decoded(chain.decode(await stage.pay(payer, { validAfter: time + 1n })));
    const later = decoded(chain.decode(await stage.pay(payer, { validAfter: time + 9n })));
    const verdicts = await chain.verify([soon, later]);
    await stage.anvil.resumeMining();
    expect(verdicts).toMatchObject([
      { status: 'valid' },
      { reason: 'invalid_exact_evm_payload_authorization_valid_after' },
    ]);
  });

  it('is unavailable, not refused, when the node is gone', async () => {
    const chain = stage.another({ url: 'http://127.0.0.1:1/v2/a-secret-api-key' });
    const verdict = await verdictOf(chain, await (async () => stage.pay(await stage.payer()))());
    expect(verdict).toEqual({ status: 'unavailable', detail: 'the RPC cannot be reached (ECONNREFUSED)' });
  });
});

describe('payers that are contracts', () => {
  let owner: Wallet;
  beforeEach(async () => {
    owner = await stage.payer();
  });

  it('sign by ERC-1271, in one request', async () => {
    const wallet = await putWallet(stage.anvil, 'Wallet1271', owner.address);
    await fund(stage.anvil, USDC, wallet, PURSE);
    const payment = await stage.pay(owner, { from: wallet });
    stage.proxy.reset();
    expect(await verdictOf(stage.chain, payment)).toEqual({ status: 'valid' });
    expect(stage.proxy.requests).toBe(1);
    expect(stage.proxy.counts()).toEqual({ eth_call: 1, eth_getCode: 1 });
  });

  it('are refused when another key signs', async () => {
    const wallet = await putWallet(stage.anvil, 'Wallet1271', someAddress());
    await fund(stage.anvil, USDC, wallet, PURSE);
    expect(await verdictOf(stage.chain, await stage.pay(owner, { from: wallet }))).toMatchObject({
      reason: 'invalid_exact_evm_signature',
      message: expect.stringContaining(`The contract at ${wallet} does not accept the signature`),
    });
  });

  it('may be accounts with code (EIP-7702)', async () => {
    await delegateAccount(stage.anvil, owner.address);
    expect(await verdictOf(stage.chain, await stage.pay(owner))).toEqual({ status: 'valid' });
  });

  it('may not exist yet (ERC-6492)', async () => {
    const factory = await putFactory(stage.anvil);
    const chain = stage.another({ policy: { factories: [factory] } });
    const wallet = counterfactualWallet(factory, owner.address, randomNonce());
    await fund(stage.anvil, USDC, wallet.address, PURSE);
    const { payment, payload } = await signedFor(wallet.address);
    const wrapped = wrap6492(factory, wallet.factoryCalldata, payload.signature);
    const good = { ...payment, payload: { ...payload, signature: wrapped } };
    expect(await verdictOf(chain, good)).toEqual({ status: 'valid' });
    expect(await verdictOf(stage.chain, good)).toMatchObject({ reason: 'eip6492_factory_not_allowed' });
    // The same signature without its wrapper could be a damaged signature by a key, and is told so.
    expect(await verdictOf(chain, payment)).toMatchObject({ reason: 'invalid_exact_evm_signature' });
    const broken = wrap6492(factory, '0xdeadbeef', payload.signature);
    expect(await verdictOf(chain, { ...payment, payload: { ...payload, signature: broken } })).toMatchObject({
      reason: 'smart_wallet_deployment_failed',
    });
  });

  it('are told about a damaged signature, and about a wallet that is not there', async () => {
    const { payment, payload } = await signedFor(owner.address);
    const short = { ...payment, payload: { ...payload, signature: payload.signature.slice(0, -2) } };
    expect(await verdictOf(stage.chain, short)).toMatchObject({
      reason: 'invalid_exact_evm_failed_to_parse_signature',
      message: expect.stringContaining('has 64 bytes'),
      payer: owner.address,
    });
    const long = { ...payment, payload: { ...payload, signature: `0x${'ab'.repeat(130)}` } };
    expect(await verdictOf(stage.chain, long)).toMatchObject({
      reason: 'invalid_exact_evm_payload_undeployed_smart_wallet',
    });
    stage.proxy.reset();
    await verdictOf(stage.chain, long);
    expect(stage.proxy.calls).toEqual([]);
  });

  it('may cost more than is sponsored, and are told so', async () => {
    const wallet = await putGasBurnerWallet(stage.anvil, owner.address, 900_000n);
    await fund(stage.anvil, USDC, wallet, PURSE);
    expect(await verdictOf(stage.chain, await stage.pay(owner, { from: wallet }))).toMatchObject({
      reason: 'invalid_exact_evm_gas_ceiling_exceeded',
    });
  });

  it('may not sign with more bytes than the sponsored gas carries, which costs nobody a call', async () => {
    const wallet = await putWallet(stage.anvil, 'Wallet1271', owner.address);
    const { payment, payload } = await signedFor(wallet);
    const signedWith = (signature: string) => ({ ...payment, payload: { ...payload, signature } });
    const TOO_MUCH = { status: 'refused', reason: 'invalid_exact_evm_gas_ceiling_exceeded' };
    stage.proxy.reset();
    for (const bytes of [12_000, 16_000])
      expect(await verdictOf(stage.chain, signedWith(`0x${'ab'.repeat(bytes)}`))).toMatchObject(TOO_MUCH);
    expect(stage.proxy.calls).toEqual([]);
    // What the node finds too much beside the readings around it, or once its wrapper is gone, is no fault of the node's.
    const factory = await putFactory(stage.anvil);
    const chain = stage.another({ policy: { factories: [factory] } });
    for (const signature of [`0x${'ab'.repeat(11_800)}`, wrap6492(factory, '0x', `0x${'ab'.repeat(13_000)}`)])
      expect(await verdictOf(chain, signedWith(signature))).toMatchObject(TOO_MUCH);
    expect(await verdictOf(stage.chain, signedWith(`0x${'ab'.repeat(3_000)}`))).toMatchObject({
      reason: 'invalid_exact_evm_signature',
    });
  });

  async function signedFor(from: Wallet['address']) {
    const wanted = { ...owner, chainId: 84532, token: USDC, from, to: stage.seller.address, value: 1_000n };
    const payload = await signAuthorization(wanted);
    return { payload, payment: paymentOf(payload, wanted) };
  }
});

describe('tokens that are not what they seem', () => {
  const at = (kind: TokenFixture['kind']): TokenFixture => ({ ...USDC, kind, address: someAddress() });

  async function verdictOn(token: TokenFixture, overloads: 'both' | 'vrs' = 'both') {
    await putToken(stage.anvil, token);
    const payer = await stage.payer();
    await fund(stage.anvil, token, payer.address, PURSE);
    const chain = stage.another({ tokens: [tokenLike(token, overloads)] });
    return { chain, payer, verdict: await verdictOf(chain, await stage.pay(payer, { token })) };
  }

  it('take a fee', async () => {
    const { verdict } = await verdictOn(at('FeeToken'));
    expect(verdict).toMatchObject({ reason: 'invalid_exact_evm_transfer_event_mismatch' });
  });

  it('do nothing', async () => {
    const { verdict } = await verdictOn(at('SilentToken'));
    expect(verdict).toMatchObject({ reason: 'invalid_exact_evm_transfer_event_mismatch' });
  });

  it('burn gas', async () => {
    const { verdict } = await verdictOn(at('GasBurnerToken'));
    expect(verdict).toMatchObject({
      reason: expect.stringMatching(/gas_ceiling_exceeded|simulation_failed/),
    });
  });

  it('do not revert on a used nonce', async () => {
    const token = at('PaxosToken');
    const { chain, payer, verdict } = await verdictOn(token, 'vrs');
    expect(verdict).toEqual({ status: 'valid' });
    const nonce = randomNonce();
    await setNonceUsed(stage.anvil, token, payer.address, nonce);
    expect(await verdictOf(chain, await stage.pay(payer, { token, nonce }))).toMatchObject({
      reason: 'invalid_exact_evm_nonce_already_used',
    });
  });

  it('are not there, or are something else, where any token is taken', async () => {
    const chain = stage.another({ policy: { anyAsset: true } });
    const payer = await stage.payer();
    const nothing = { ...USDC, address: someAddress() };
    expect(await verdictOf(chain, await stage.pay(payer, { token: nothing }))).toMatchObject({
      reason: 'asset_not_deployed_contract',
    });
    const other = { ...USDC, address: stage.network.multicall3 };
    expect(await verdictOf(chain, await stage.pay(payer, { token: other }))).toMatchObject({
      reason: 'invalid_exact_evm_eip3009_not_supported',
    });
    const unknown = at('FiatToken');
    await putToken(stage.anvil, unknown);
    await fund(stage.anvil, unknown, payer.address, PURSE);
    expect(await verdictOf(chain, await stage.pay(payer, { token: unknown }))).toEqual({ status: 'valid' });
  });
});

describe('many payments', () => {
  it('cost one call, whatever they pay to whom, and one more where payers are new', async () => {
    const payers = await Promise.all(range(10, () => stage.payer()));
    const payments = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        stage.pay(nth(payers, index), { token: index % 3 === 0 ? GLUE : USDC, value: BigInt(index + 1) }),
      ),
    );
    const batch = authorizationsOf(payments);
    stage.proxy.reset();
    expect(await stage.chain.verify(batch)).toEqual(batch.map(() => ({ status: 'valid' })));
    expect([stage.proxy.calls, stage.proxy.requests]).toEqual([['eth_call', 'eth_call'], 1]);
    stage.proxy.reset();
    expect(await stage.chain.verify(batch)).toEqual(batch.map(() => ({ status: 'valid' })));
    expect(stage.proxy.calls).toEqual(['eth_call']);
  });

  it('of every kind cost one request, and a second for those that are refused', async () => {
    const [rich, poor, owner] = [await stage.payer(), await stage.payer(), await stage.payer()];
    const wallet = await putWallet(stage.anvil, 'Wallet1271', owner.address);
    await fund(stage.anvil, USDC, wallet, PURSE);
    const payments = await Promise.all(
      Array.from({ length: 100 }, (_, index) => {
        if (index === 17) return stage.pay(poor, { value: PURSE + 1n });
        if (index === 40) return stage.pay(owner, { from: wallet });
        return stage.pay(rich, { token: index % 2 === 0 ? USDC : GLUE, value: BigInt(index + 1) });
      }),
    );
    const batch = authorizationsOf(payments);
    stage.proxy.reset();
    const verdicts = await stage.chain.verify(batch);
    expect(verdicts.filter(({ status }) => status === 'valid')).toHaveLength(99);
    expect(verdicts[17]).toMatchObject({ reason: 'invalid_exact_evm_insufficient_balance' });
    expect(stage.proxy.requests).toBe(2);
    // Two of company, one for who has code, one for the wallet and one for the refused.
    expect(stage.proxy.counts()).toEqual({ eth_call: 5, eth_getCode: 1 });
  });

  it('do not suffer from one bad one among them', async () => {
    const payers = await Promise.all(range(5, () => stage.payer()));
    const payments = await Promise.all(Array.from({ length: 50 }, (_, index) => stage.pay(nth(payers, index))));
    const nonce = randomNonce();
    await setNonceUsed(stage.anvil, USDC, nth(payers, 0).address, nonce);
    payments[23] = await stage.pay(nth(payers, 0), { nonce });
    const verdicts = await stage.chain.verify(authorizationsOf(payments));
    expect(verdicts.filter(({ status }) => status !== 'valid')).toHaveLength(1);
    expect(verdicts[23]).toMatchObject({ reason: 'invalid_exact_evm_nonce_already_used' });
  });

  it('that only together are too much, or are the same, are each judged alone', async () => {
    const payer = await stage.payer();
    const half = PURSE / 2n + 1n;
    const same = await stage.pay(payer, { value: half });
    const payments = [same, await stage.pay(payer, { value: half }), same];
    expect(await stage.chain.verify(authorizationsOf(payments))).toEqual(payments.map(() => ({ status: 'valid' })));
  });

  it('do not suffer from an account whose code burns the gas of all', async () => {
    const [burner, ...others] = [await stage.payer(), ...(await Promise.all(range(9, () => stage.payer())))] as const;
    const code = await putGasBurnerWallet(stage.anvil, burner.address);
    await stage.anvil.rpc('anvil_setCode', [burner.address, `0xef0100${code.slice(2)}`]);
    // The delegate's storage is the account's own.
    await stage.anvil.rpc('anvil_setStorageAt', [burner.address, `0x${'0'.repeat(63)}1`, `0x${'f'.repeat(64)}`]);
    const payments = await Promise.all([stage.pay(burner), ...others.map((each) => stage.pay(each))]);
    const verdicts = await stage.chain.verify(authorizationsOf(payments));
    expect(verdicts.slice(1)).toEqual(others.map(() => ({ status: 'valid' })));
    expect(verdicts[0]).toMatchObject({ status: 'refused' });
    // Known by now, it is tried alone and costs the others no second round.
    stage.proxy.reset();
    const again = await Promise.all([stage.pay(burner), ...others.map((each) => stage.pay(each))]);
    await stage.chain.verify(authorizationsOf(again));
    expect(stage.proxy.counts()['eth_call']).toBeLessThan(5);
  });
});
