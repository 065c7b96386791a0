import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { type Anvil, startAnvil } from './anvil.ts';
import { someAddress } from './contract.ts';
import { hex } from './hex.ts';
import { minedReceipt, receiptOf, sendTransaction } from './submission.ts';

const height = async ({ rpc }: Anvil) => Number(hex(await rpc('eth_blockNumber')));

/** Sends a coin from the first account. */
function send(anvil: Anvil) {
  const [first] = anvil.accounts;
  if (!first) throw new Error('no account');
  return sendTransaction(anvil, { privateKey: first.privateKey, to: someAddress(), data: '0x', value: 1n });
}

describe('mining on demand', () => {
  let anvil: Anvil;
  beforeAll(async () => {
    anvil = await startAnvil({ chainId: 43113, gasLimit: 60_000_000 });
  });
  afterAll(() => anvil.stop());

  test('has the chain id, gas limit and funded accounts that were asked for', async () => {
    expect(Number(hex(await anvil.rpc('eth_chainId')))).toBe(43113);
    expect(await anvil.rpc('eth_getBlockByNumber', ['latest', false])).toMatchObject({ gasLimit: '0x3938700' });
    expect(anvil.accounts).toHaveLength(2);
    expect(anvil.accounts[0]?.privateKey).not.toBe(anvil.accounts[1]?.privateKey);
    for (const { address } of anvil.accounts) {
      expect(BigInt(hex(await anvil.rpc('eth_getBalance', [address, 'latest'])))).toBe(1_000n * 10n ** 18n);
    }
  });

  test('calls see the time of a real block from the start', async () => {
    // TIMESTAMP, stored to memory and returned.
    const clock = someAddress();
    await anvil.rpc('anvil_setCode', [clock, '0x4260005260206000f3']);
    const time = BigInt(hex(await anvil.rpc('eth_call', [{ to: clock }, 'latest'])));
    expect(time).toBeGreaterThan(1_700_000_000n);
  });

  test('a transaction is mined at once, and blocks come without any', async () => {
    const hash = await send(anvil);
    expect(await minedReceipt(anvil, hash)).toMatchObject({ status: 'success' });
    const before = await height(anvil);
    await vi.waitFor(async () => expect(await height(anvil)).toBeGreaterThan(before), { timeout: 20_000 });
  });

  test('while mining is paused transactions wait, also when a block is mined by hand they do not', async () => {
    await anvil.pauseMining();
    const before = await height(anvil);
    const waiting = await send(anvil);
    expect(await receiptOf(anvil, waiting)).toBeUndefined();
    expect(await anvil.rpc('txpool_status')).toMatchObject({ pending: '0x1' });
    expect(await height(anvil)).toBe(before);
    await anvil.mine();
    expect(await receiptOf(anvil, waiting)).toMatchObject({ blockNumber: BigInt(before + 1) });

    const next = await send(anvil);
    expect(await receiptOf(anvil, next)).toBeUndefined();
    await anvil.resumeMining();
    expect(await minedReceipt(anvil, next)).toMatchObject({ status: 'success' });
    const last = await send(anvil);
    expect(await minedReceipt(anvil, last)).toMatchObject({ status: 'success' });
  });

  test('a reorganisation takes a transaction back', async () => {
    await anvil.pauseMining();
    onTestFinished(() => anvil.resumeMining());
    const hash = await send(anvil);
    await anvil.mine();
    const [first] = anvil.accounts;
    const count = () => anvil.rpc('eth_getTransactionCount', [first?.address, 'latest']);
    const after = Number(await count());
    expect(await receiptOf(anvil, hash)).toBeDefined();
    await anvil.reorg(1);
    expect(await receiptOf(anvil, hash)).toBeUndefined();
    expect(Number(await count())).toBe(after - 1);
  });

  test('sets balances, and says what the node says', async () => {
    const address = someAddress();
    await anvil.setBalance(address, 7n);
    expect(await anvil.rpc('eth_getBalance', [address, 'latest'])).toBe('0x7');
    await expect(anvil.rpc('eth_sendRawTransaction', ['0x00'])).rejects.toMatchObject({
      name: 'RefusedCall',
      method: 'eth_sendRawTransaction',
      code: expect.any(Number),
    });
  });
});

test('with a block time, transactions wait for their block', async () => {
  // Longer than the test takes, so that only `mine` can have mined.
  const anvil = await startAnvil({ chainId: 84532, blockTime: 3600 });
  onTestFinished(() => anvil.stop());
  const before = await height(anvil);
  const hash = await send(anvil);
  expect(await receiptOf(anvil, hash)).toBeUndefined();
  expect(await height(anvil)).toBe(before);
  await anvil.mine();
  expect(await receiptOf(anvil, hash)).toMatchObject({ status: 'success' });
});

test('with a short block time, paused mining goes on by itself', async () => {
  const anvil = await startAnvil({ chainId: 84532, blockTime: 1 });
  onTestFinished(() => anvil.stop());
  await anvil.pauseMining();
  const hash = await send(anvil);
  await anvil.resumeMining();
  expect(await receiptOf(anvil, hash)).toMatchObject({ status: 'success' });
  const before = await height(anvil);
  await vi.waitFor(async () => expect(await height(anvil)).toBeGreaterThan(before), { timeout: 20_000 });
});

test('before London there is no base fee', async () => {
  const anvil = await startAnvil({ chainId: 50, hardfork: 'berlin' });
  onTestFinished(() => anvil.stop());
  expect(await anvil.rpc('eth_getBlockByNumber', ['latest', false])).not.toHaveProperty('baseFeePerGas');
  const hash = await send(anvil);
  expect(await minedReceipt(anvil, hash)).toMatchObject({ status: 'success' });
});

test('stop ends the process, and may be repeated', async () => {
  const anvil = await startAnvil({ chainId: 1 });
  expect(() => process.kill(anvil.pid, 0)).not.toThrow();
  await anvil.stop();
  expect(() => process.kill(anvil.pid, 0)).toThrow('ESRCH');
  await anvil.stop();
  await expect(anvil.rpc('eth_chainId')).rejects.toThrow('fetch failed');
});

test('a port that is taken is reported', async () => {
  const first = await startAnvil({ chainId: 1 });
  onTestFinished(() => first.stop());
  const port = Number(new URL(first.url).port);
  await expect(startAnvil({ chainId: 1, port })).rejects.toThrow('Address already in use');
});
