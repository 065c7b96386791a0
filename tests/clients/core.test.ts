/** @x402/core speaks to the facilitator itself: each answer passes its schemas, and it asks again while one is pending. */
import type { Running } from '@facilitator/app';
import { newWallet, paymentRequestV1, paymentRequestV2, signAuthorization, type Wallet } from '@facilitator/testing';
import { type FacilitatorClient, HTTPFacilitatorClient, x402ResourceServer } from '@x402/core/server';
import { type SettleResponse, VerifyError } from '@x402/core/types';
import { registerExactEvmScheme } from '@x402/evm/exact/client';
import { ExactEvmScheme } from '@x402/evm/exact/server';
import { decodePaymentResponseHeader, wrapFetchWithPayment, x402Client } from '@x402/fetch';
import { privateKeyToAccount } from 'viem/accounts';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { facilitatorFor } from '../stage/facilitator.ts';
import { domainOf, type NetworkChain, startNetworkChain } from '../stage/network-chain.ts';
import { sentBy, transfersTo } from '../stage/on-chain.ts';
import { openExpressShop, PRICE, REPORT } from './shops.ts';

type Request = Parameters<FacilitatorClient['settle']>;
type Version = 1 | 2;

let chain: NetworkChain;
let facilitator: Running;
let http: HTTPFacilitatorClient;
beforeAll(async () => {
  chain = await startNetworkChain('base-sepolia');
  facilitator = await facilitatorFor([chain], { SETTLE_WAIT_SECONDS: '2' });
  http = new HTTPFacilitatorClient({ url: facilitator.url });
});
afterAll(async () => {
  await facilitator?.close();
  await chain?.stop();
});

async function request(version: Version, seller: Wallet, payer: Wallet = chain.buyer): Promise<Request> {
  const { address } = chain.token('USDC');
  const domain = domainOf(chain.token('USDC'));
  const payload = await signAuthorization({
    privateKey: payer.privateKey,
    chainId: chain.network.chainId,
    token: { address, ...domain },
    to: seller.address,
    value: 500n,
  });
  const terms = { asset: address, payTo: seller.address, amount: 500n, payload, extra: domain };
  const { paymentPayload, paymentRequirements } =
    version === 1
      ? paymentRequestV1({ network: chain.network.name, ...terms })
      : paymentRequestV2({ network: chain.network.caip2, ...terms });
  // The client's types are those of version 2; it passes version 1 on as it is.
  return [paymentPayload, paymentRequirements] as unknown as Request;
}

describe('HTTPFacilitatorClient', () => {
  it('reads what is supported', async () => {
    const { kinds, signers, extensions } = await http.getSupported();
    const extra = { batching: 'auto' };
    expect(kinds).toEqual([
      { x402Version: 1, scheme: 'exact', network: 'base-sepolia', extra },
      { x402Version: 2, scheme: 'exact', network: 'eip155:84532', extra },
    ]);
    expect(signers).toEqual({ 'eip155:*': [chain.facilitator.address] });
    expect(extensions).toContain('payment-identifier');
  });

  it.each([1, 2] as const)('reads what became of a payment of version %i', async (version) => {
    const seller = newWallet();
    const [payload, requirements] = await request(version, seller);
    expect(await http.verify(payload, requirements)).toMatchObject({ isValid: true, payer: chain.buyer.address });
    const settled = await http.settle(payload, requirements);
    expect(settled).toMatchObject({ success: true, network: requirements.network, payer: chain.buyer.address });
    expect(settled.transaction).toMatch(/^0x[0-9a-f]{64}$/);
    expect(await chain.balance('USDC', seller.address)).toBe(500n);
    const again = await http.settle(payload, requirements);
    expect(again).toMatchObject({ success: false, errorReason: 'duplicate_settlement', transaction: '' });
    expect(await chain.balance('USDC', seller.address)).toBe(500n);
  });

  it.each([
    [1, 'insufficient_funds'],
    [2, 'invalid_exact_evm_insufficient_balance'],
  ] as const)('reads why a payment of version %i was refused', async (version, reason) => {
    const [poor, seller] = [newWallet(), newWallet()];
    const [payload, requirements] = await request(version, seller, poor);
    const verified = await http.verify(payload, requirements);
    expect(verified).toMatchObject({ isValid: false, invalidReason: reason, payer: poor.address });
    expect(verified.invalidMessage).toMatch(/\S/);
    const settled = await http.settle(payload, requirements);
    expect(settled).toMatchObject({ success: false, errorReason: reason, payer: poor.address, transaction: '' });
    expect(settled.errorMessage).toMatch(/\S/);
  });

  it('reads what was wrong with a request that is none', async () => {
    const [payload, requirements] = await request(2, newWallet());
    const nameless = { ...requirements, payTo: undefined } as unknown as Request[1];
    const fault = await http.verify(payload, nameless).catch((error: unknown) => error);
    expect(fault).toBeInstanceOf(VerifyError);
    expect(fault).toMatchObject({ statusCode: 400, invalidReason: 'invalid_payload' });
    expect((fault as VerifyError).invalidMessage).toContain('paymentRequirements.payTo');
  });
});

describe('a payment that is not mined within the wait', () => {
  let heard: SettleResponse[];
  let onPending: () => Promise<void>;
  let transactionsBefore: number;
  beforeEach(async () => {
    heard = [];
    onPending = () => chain.anvil.resumeMining();
    await chain.anvil.pauseMining();
    onTestFinished(() => chain.anvil.resumeMining());
    transactionsBefore = await sentBy(chain.anvil, chain.facilitator.address);
  });

  /** The published client, and a bystander who hears each answer to settle. */
  const overheard: FacilitatorClient = {
    getSupported: () => http.getSupported(),
    verify: (...asked) => http.verify(...asked),
    async settle(...asked) {
      const answer = await http.settle(...asked);
      heard.push(answer);
      if (answer.errorReason === 'settlement_pending') await onPending();
      return answer;
    },
  };

  async function resources(): Promise<x402ResourceServer> {
    const server = new x402ResourceServer(overheard).register('eip155:*', new ExactEvmScheme());
    await server.initialize();
    return server;
  }

  it('is pending once, is asked for again at once, and succeeds: one transaction', async () => {
    const seller = newWallet();
    const answer = await (await resources()).settlePayment(...(await request(2, seller)));
    expect(heard).toMatchObject([
      { success: false, errorReason: 'settlement_pending', network: 'eip155:84532', payer: chain.buyer.address },
      { success: true },
    ]);
    expect(heard[0]?.transaction).toMatch(/^0x[0-9a-f]{64}$/);
    expect(answer).toMatchObject({ success: true, transaction: heard[0]?.transaction });
    expect(await sentBy(chain.anvil, chain.facilitator.address)).toBe(transactionsBefore + 1);
    expect(await transfersTo(chain.anvil, chain.token('USDC').address, seller.address)).toEqual([500n]);
  });

  it('is one purchase for the buyer, who waits a little longer', async () => {
    const seller = newWallet();
    const ware = { asset: chain.token('GLUE').address, amount: 1n, domain: domainOf(chain.token('GLUE')) };
    const work = async () => undefined;
    const shop = await openExpressShop({ facilitator: overheard, payTo: seller.address, ware, work });
    onTestFinished(() => shop.close());
    const client = registerExactEvmScheme(new x402Client(), { signer: privateKeyToAccount(chain.buyer.privateKey) });
    const response = await wrapFetchWithPayment(fetch, client)(`${shop.url}/report`);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual(REPORT);
    const told = decodePaymentResponseHeader(response.headers.get('payment-response') ?? '');
    expect(told).toMatchObject({ success: true, transaction: heard[0]?.transaction });
    expect(heard.map(({ success }) => success)).toEqual([false, true]);
    expect(await transfersTo(chain.anvil, chain.token('USDC').address, seller.address)).toEqual([PRICE]);
  });

  it('is pending for as long as it takes, always with the same transaction', async () => {
    onPending = async () => undefined;
    const seller = newWallet();
    const asked = await request(2, seller);
    const server = await resources();
    expect(await server.settlePayment(...asked)).toMatchObject({ success: false, errorReason: 'settlement_pending' });
    expect(heard).toHaveLength(2);
    expect(heard[1]).toEqual(heard[0]);
    expect(await transfersTo(chain.anvil, chain.token('USDC').address, seller.address)).toEqual([]);
    await chain.anvil.resumeMining();
    expect(await server.settlePayment(...asked)).toMatchObject({ success: true, transaction: heard[0]?.transaction });
    expect(await sentBy(chain.anvil, chain.facilitator.address)).toBe(transactionsBefore + 1);
    expect(await transfersTo(chain.anvil, chain.token('USDC').address, seller.address)).toEqual([500n]);
  });
});
