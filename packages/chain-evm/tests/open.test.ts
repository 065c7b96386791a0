import type { EvmNetwork, EvmToken } from '@facilitator/protocol';
import {
  type Anvil,
  type CountingProxy,
  countingProxy,
  putContract,
  putMulticall3,
  putToken,
  startAnvil,
} from '@facilitator/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { evmChain, jsonRpc, localSigner } from '../src/index.ts';
import { realClock } from './clock.ts';
import { signedPayment } from './payment.ts';
import { GLUE, registered, tokenLike, USDC } from './stage.ts';

let anvil: Anvil;
let proxy: CountingProxy;
const network = registered('base-sepolia');
const usdc = tokenLike(USDC);
const glue = tokenLike(GLUE, 'vrs');

beforeAll(async () => {
  anvil = await startAnvil({ chainId: 84532 });
  proxy = await countingProxy(anvil.url);
  await Promise.all([putMulticall3(anvil), putToken(anvil, USDC), putToken(anvil, GLUE)]);
});
afterAll(async () => {
  await proxy.stop();
  await anvil.stop();
});

function chainOf(
  changed: Partial<EvmNetwork>,
  keys: readonly string[] = anvil.accounts.map((each) => each.privateKey),
) {
  const rpc = jsonRpc({ url: proxy.url, clock: realClock, timeoutMs: 5_000 });
  const changedNetwork: EvmNetwork = { ...network, tokens: [usdc, glue], ...changed };
  return evmChain({ network: changedNetwork, rpc, signers: keys.map(localSigner), clock: realClock });
}

const unverified = (token: EvmToken, domain?: EvmToken['domain']): EvmToken => {
  const { domain: _, ...rest } = token;
  return { ...rest, domainVerified: false, ...(domain && { domain }) };
};

describe('opening a network', () => {
  it('takes one request, and then everything is known', async () => {
    const chain = chainOf({});
    proxy.reset();
    expect(await chain.open()).toEqual({ status: 'open', notes: [], whole: true });
    expect(proxy.requests).toBe(1);
    expect(chain.served()).toEqual([
      { symbol: 'USDC', decimals: 6, address: USDC.address, name: 'USDC', version: '2' },
      { symbol: 'GLUE', decimals: 6, address: GLUE.address, name: GLUE.name, version: '1' },
    ]);
  });

  it('knows the fee for data where the chain tells it, before the first payment', async () => {
    const fee = 123_456_789n;
    const oracle = '0x420000000000000000000000000000000000000F';
    const plain = chainOf({});
    await plain.open();
    // Answers whatever it is asked with this number.
    await anvil.rpc('anvil_setCode', [oracle, `0x7f${fee.toString(16).padStart(64, '0')}5f5260205ff3`]);
    try {
      const chain = chainOf({});
      await chain.open();
      expect(chain.ceiling() - plain.ceiling()).toBe(2n * fee);
    } finally {
      await anvil.rpc('anvil_setCode', [oracle, '0x']);
    }
  });

  it('fails for good on another chain, and without Multicall3', async () => {
    expect(await chainOf({ chainId: 8453 }).open()).toEqual({
      status: 'closed',
      reason: 'the RPC serves chain 84532, and this network is chain 8453',
    });
    expect(await chainOf({ multicall3: '0x00000000000000000000000000000000000000C0' }).open()).toEqual({
      status: 'closed',
      reason: 'there is no Multicall3 at 0x00000000000000000000000000000000000000C0',
    });
    expect(await chainOf({ multicall3: usdc.address }).open()).toMatchObject({
      status: expect.not.stringMatching('open'),
    });
  });

  it('may be worth another try', async () => {
    const rpc = jsonRpc({ url: 'http://127.0.0.1:1/', clock: realClock, retries: 0 });
    const chain = evmChain({ network, rpc, signers: [], clock: realClock });
    expect(await chain.open()).toEqual({
      status: 'unreachable',
      reason: 'the RPC cannot be reached (ECONNREFUSED)',
    });
  });

  it('notes signers without gas money, and that there is none', async () => {
    const [funded] = anvil.accounts;
    const poor = `0x${'42'.repeat(32)}`;
    expect(await chainOf({}, [funded?.privateKey ?? '', poor]).open()).toEqual({
      status: 'open',
      notes: [`${localSigner(poor).address} has nothing to pay gas with`],
      whole: true,
    });
    expect(await chainOf({}, []).open()).toEqual({
      status: 'open',
      notes: ['no signer: payments can be verified and not settled'],
      whole: true,
    });
  });
});

describe('a token', () => {
  it('that disagrees with the registry is switched off, and so is one that is not there', async () => {
    const wrong = { ...usdc, domain: { name: 'USD Coin', version: '2' } };
    const absent = { ...glue, address: '0x00000000000000000000000000000000000000C1' } as const;
    const other = { ...glue, address: network.multicall3 } as const;
    const chain = chainOf({ tokens: [wrong, absent, other] });
    const opening = await chain.open();
    expect(opening).toMatchObject({
      status: 'open',
      whole: false,
      notes: [
        expect.stringMatching(
          /^USDC 0x036CbD.* switched off: its DOMAIN_SEPARATOR is 0x71f17a3b.*"USD Coin" version "2"/,
        ),
        expect.stringMatching(/^GLUE .* switched off: there is no contract/),
        expect.stringMatching(/^GLUE .* switched off: it has no authorizationState/),
      ],
    });
    expect(chain.served()).toEqual([]);
    const to = usdc.address;
    const payment = await signedPayment({
      privateKey: `0x${'42'.repeat(32)}`,
      chainId: 84532,
      token: USDC,
      to,
      value: 1n,
    });
    expect(chain.decode(payment)).toMatchObject({
      reason: 'unsupported_asset',
      message: expect.stringMatching(/USDC .* is switched off here: its DOMAIN_SEPARATOR/),
    });
  });

  it('whose domain is a guess signs as the contract says', async () => {
    const guessed = unverified(usdc, { name: 'USD Coin', version: '2' });
    const untold = unverified(glue);
    const chain = chainOf({ tokens: [guessed, untold] });
    expect(chain.served()).toEqual([expect.objectContaining({ name: 'USD Coin' })]);
    expect(await chain.open()).toEqual({
      status: 'open',
      whole: true,
      notes: [
        `USDC ${USDC.address} signs as "USDC" version "2", as the contract says`,
        `GLUE ${GLUE.address} signs as "${GLUE.name}" version "1", as the contract says`,
      ],
    });
    expect(chain.served().map(({ name }) => name)).toEqual(['USDC', GLUE.name]);
  });

  it('comes back when the chain has changed its mind', async () => {
    const address = '0x00000000000000000000000000000000000000D1';
    const chain = chainOf({ tokens: [{ ...usdc, address }] });
    await chain.open();
    expect(chain.served()).toEqual([]);
    await putToken(anvil, { ...USDC, address });
    await chain.open();
    expect(chain.served()).toHaveLength(1);
    await putContract(anvil, 'Multicall3', address);
    await chain.open();
    expect(chain.served()).toEqual([]);
  });
});
