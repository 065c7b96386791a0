import { numberToHex } from 'viem';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Anvil, startAnvil } from '../anvil.ts';
import { signAuthorization } from '../authorization.ts';
import { someAddress } from '../contract.ts';
import { createRpc, type Rpc } from '../rpc.ts';
import { BASE_SEPOLIA_USDC } from '../sandbox-chain.ts';
import { sendTransaction, transferCalldata } from '../submission.ts';
import { balanceOf, fund, putToken } from '../token.ts';
import { newWallet } from '../wallet.ts';
import { type ChaosProxy, startChaosProxy } from './chaos-proxy.ts';

const PAYEE = someAddress();
const BEHIND = 2;

let anvil: Anvil;
let proxy: ChaosProxy;
let rpc: Rpc;
/** The newest block at first, with a payment in it. The view is two blocks behind, before the payment. */
let paid: bigint;
let hash: string;
let blockHash: string;

beforeAll(async () => {
  anvil = await startAnvil({ chainId: 84532 });
  await anvil.pauseMining();
  const token = await putToken(anvil, BASE_SEPOLIA_USDC);
  const payer = newWallet();
  await fund(anvil, token, payer.address, 1_000n);
  await anvil.mine(BEHIND);
  const { privateKey } = payer;
  const payload = await signAuthorization({ privateKey, chainId: 84532, token, to: PAYEE, value: 1_000n });
  const [operator] = anvil.accounts;
  if (operator === undefined) throw new Error('no account');
  const data = transferCalldata(payload, 'vrs');
  hash = await sendTransaction(anvil, { privateKey: operator.privateKey, to: token.address, data });
  await anvil.mine();
  paid = BigInt(String(await anvil.rpc('eth_blockNumber')));
  const block = (await anvil.rpc('eth_getBlockByNumber', ['latest', false])) as { hash: string };
  blockHash = block.hash;
  proxy = await startChaosProxy(anvil.url, { staleBlocks: BEHIND });
  proxy.on('stale-reads');
  rpc = createRpc(proxy.url);
});
afterAll(async () => {
  await proxy.stop();
  await anvil.stop();
});

const token = BASE_SEPOLIA_USDC;
const logs = (filter: object) => rpc('eth_getLogs', [{ address: token.address, ...filter }]);
const head = () => numberToHex(paid - BigInt(BEHIND));
const newest = () => numberToHex(paid);

describe('while the payment is newer than the view', () => {
  test('the head and its block', async () => {
    expect(await rpc('eth_blockNumber')).toBe(head());
    expect(await rpc('eth_getBlockByNumber', ['latest', false])).toMatchObject({ number: head() });
    expect(await rpc('eth_getBlockByNumber', ['0x1', false])).toMatchObject({ number: '0x1' });
  });

  test('newer blocks are not there', async () => {
    expect(await rpc('eth_getBlockByNumber', [newest(), false])).toBeNull();
    expect(await rpc('eth_getBlockByHash', [blockHash, false])).toBeNull();
    expect(await rpc('eth_getBlockReceipts', [newest()])).toBeNull();
  });

  test('newer state cannot be read', async () => {
    const message = 'header not found';
    await expect(rpc('eth_getBalance', [PAYEE, newest()])).rejects.toThrow(message);
    await expect(rpc('eth_getCode', [PAYEE, { blockNumber: newest() }])).rejects.toThrow(message);
    expect(await rpc('eth_getBalance', [PAYEE, head()])).toBe('0x0');
  });

  test('calls see the state of then', async () => {
    expect(await balanceOf(anvil, token, PAYEE)).toBe(1_000n);
    expect(await balanceOf({ rpc }, token, PAYEE)).toBe(0n);
  });

  test('the transaction, its receipt and its logs are not there', async () => {
    expect(await anvil.rpc('eth_getTransactionReceipt', [hash])).toMatchObject({ status: '0x1' });
    expect(await rpc('eth_getTransactionReceipt', [hash])).toBeNull();
    expect(await rpc('eth_getTransactionByHash', [hash])).toBeNull();
    expect(await anvil.rpc('eth_getLogs', [{ fromBlock: '0x0' }])).not.toEqual([]);
    for (const filter of [{ fromBlock: '0x0' }, { fromBlock: '0x0', toBlock: 'latest' }, { fromBlock: newest() }]) {
      expect(await logs(filter)).toEqual([]);
    }
    expect(await logs({ fromBlock: '0x0', toBlock: newest() })).toEqual([]);
  });

  test('a batch is of one view', async () => {
    const calls = [
      ['eth_blockNumber', []],
      ['eth_getBlockByNumber', ['latest', false]],
      ['eth_chainId', []],
    ].map(([method, params], id) => ({ jsonrpc: '2.0', id, method, params }));
    const response = await fetch(proxy.url, { method: 'POST', body: JSON.stringify(calls) });
    expect(await response.json()).toMatchObject([
      { id: 0, result: head() },
      { id: 1, result: { number: head() } },
      { id: 2, result: '0x14a34' },
    ]);
  });

  test('sending is not reading', async () => {
    const [, wallet] = anvil.accounts;
    if (wallet === undefined) throw new Error('no account');
    const sent = await sendTransaction(
      { rpc, chainId: 84532 },
      { privateKey: wallet.privateKey, to: PAYEE, data: '0x' },
    );
    expect(await rpc('eth_getTransactionByHash', [sent])).toMatchObject({ hash: sent, blockNumber: null });
  });
});

test('it catches up as blocks come', async () => {
  await anvil.mine(BEHIND);
  expect(await rpc('eth_blockNumber')).toBe(newest());
  expect(await rpc('eth_getTransactionReceipt', [hash])).toMatchObject({ blockNumber: newest() });
  expect(await rpc('eth_getBlockByHash', [blockHash, false])).toMatchObject({ number: newest() });
  expect(await balanceOf({ rpc }, token, PAYEE)).toBe(1_000n);
  expect(await logs({ fromBlock: '0x0' })).toEqual(await logs({ blockHash }));
  expect(await logs({ fromBlock: '0x0' })).not.toEqual([]);
});
