import { once } from 'node:events';
import { createServer } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { type Anvil, startAnvil } from './anvil.ts';
import { someAddress } from './contract.ts';
import { type CountingProxy, countingProxy } from './counting-proxy.ts';
import { createRpc } from './rpc.ts';
import { type ForwarderOptions, startForwarder } from './rpc-forwarder.ts';

let anvil: Anvil;
beforeAll(async () => {
  anvil = await startAnvil({ chainId: 84532 });
});
afterAll(() => anvil.stop());

async function post(url: string, body: unknown): Promise<unknown> {
  const response = await fetch(url, { method: 'POST', body: JSON.stringify(body) });
  return response.json();
}

const call = (id: number, method: string, ...params: unknown[]) => ({ jsonrpc: '2.0', id, method, params });

describe('counting', () => {
  let proxy: CountingProxy;
  beforeEach(async () => {
    proxy = await countingProxy(anvil.url);
    onTestFinished(() => proxy.stop());
  });

  test('each call counts, each request counts, answers are the node’s', async () => {
    const rpc = createRpc(proxy.url);
    expect(await rpc('eth_chainId')).toBe('0x14a34');
    await expect(rpc('eth_nonsense')).rejects.toThrow('eth_nonsense');
    const answers = await post(proxy.url, [call(7, 'eth_chainId'), call(8, 'eth_accounts'), call(9, 'eth_chainId')]);
    expect(answers).toMatchObject([{ id: 7, result: '0x14a34' }, { id: 8 }, { id: 9, result: '0x14a34' }]);
    expect(proxy.calls).toEqual(['eth_chainId', 'eth_nonsense', 'eth_chainId', 'eth_accounts', 'eth_chainId']);
    expect(proxy.counts()).toEqual({ eth_chainId: 3, eth_nonsense: 1, eth_accounts: 1 });
    expect(proxy.requests).toBe(3);
    proxy.reset();
    expect(proxy.calls).toEqual([]);
    expect(proxy.counts()).toEqual({});
    expect(proxy.requests).toBe(0);
  });

  test('a blocked method does not exist, alone or in a batch', async () => {
    const rpc = createRpc(proxy.url);
    proxy.block('eth_chainId', 'eth_gasPrice');
    await expect(rpc('eth_chainId')).rejects.toMatchObject({ code: -32601 });
    expect(await post(proxy.url, [call(1, 'eth_gasPrice'), call(2, 'eth_accounts'), call(3, 'eth_chainId')])).toEqual([
      { jsonrpc: '2.0', id: 1, error: { code: -32601, message: 'the method eth_gasPrice does not exist' } },
      { jsonrpc: '2.0', id: 2, result: [expect.any(String)] },
      { jsonrpc: '2.0', id: 3, error: { code: -32601, message: 'the method eth_chainId does not exist' } },
    ]);
    expect(await post(proxy.url, [call(1, 'eth_gasPrice')])).toMatchObject([{ error: { code: -32601 } }]);
    proxy.unblock('eth_chainId');
    expect(await rpc('eth_chainId')).toBe('0x14a34');
    expect(proxy.counts()).toMatchObject({ eth_chainId: 3, eth_gasPrice: 2 });
  });

  test('after stop nobody listens', async () => {
    await proxy.stop();
    await proxy.stop();
    await expect(createRpc(proxy.url)('eth_chainId')).rejects.toThrow('fetch failed');
  });
});

describe('intercepting', () => {
  async function forwarder(intercept: ForwarderOptions['intercept'], upstream = anvil.url) {
    const started = await startForwarder({ upstream, intercept });
    onTestFinished(() => started.stop());
    return started.url;
  }

  /** Whether a transfer of 1 wei came about. */
  async function transferBy(url: string) {
    const to = someAddress();
    const { rpc } = anvil;
    const from = (await rpc('eth_accounts')) as string[];
    const outcome = await createRpc(url)('eth_sendTransaction', [{ from: from[0], to, value: '0x1' }]).then(
      () => 'answered',
      (fault: Error) => fault.message,
    );
    return { outcome, arrived: () => rpc('eth_getBalance', [to, 'latest']).then((wei) => wei === '0x1') };
  }

  test('answers in the place of the node, and lies', async () => {
    const url = await forwarder(({ method }) =>
      method === 'eth_chainId' ? { action: 'answer', result: '0x1' } : { action: 'pass' },
    );
    expect(await createRpc(url)('eth_chainId')).toBe('0x1');
    expect(await createRpc(url)('eth_accounts')).toHaveLength(1);
  });

  test('drops a call before the node hears of it', async () => {
    const url = await forwarder(() => ({ action: 'drop' }));
    const { outcome, arrived } = await transferBy(url);
    expect(outcome).toBe('fetch failed');
    await anvil.mine();
    expect(await arrived()).toBe(false);
  });

  test('drops the answer after the node did it', async () => {
    const url = await forwarder(() => ({ action: 'drop-after-forward' }));
    const { outcome, arrived } = await transferBy(url);
    expect(outcome).toBe('fetch failed');
    await vi.waitFor(async () => expect(await arrived()).toBe(true));
  });

  test('delays a call, and lets others past it', async () => {
    const order: string[] = [];
    const url = await forwarder(({ method }) =>
      method === 'eth_accounts' ? { action: 'delay', ms: 300 } : { action: 'pass' },
    );
    const rpc = createRpc(url);
    const slow = rpc('eth_accounts').then(() => order.push('slow'));
    await rpc('eth_chainId').then(() => order.push('fast'));
    await slow;
    expect(order).toEqual(['fast', 'slow']);
  });

  test('sees id, method and parameters, and may decide later', async () => {
    const seen: unknown[] = [];
    const url = await forwarder(async (one) => {
      seen.push(one);
      return { action: 'refuse', code: -32005, message: 'limit exceeded' };
    });
    expect(await post(url, call(5, 'eth_getBalance', '0x00', 'latest'))).toEqual({
      jsonrpc: '2.0',
      id: 5,
      error: { code: -32005, message: 'limit exceeded' },
    });
    expect(seen).toEqual([call(5, 'eth_getBalance', '0x00', 'latest')]);
  });

  test('asks something else, and alters what the node answers', async () => {
    const url = await forwarder(({ method }) =>
      method === 'eth_getBlockByNumber'
        ? {
            action: 'rewrite',
            params: ['0x0', false],
            answer: ({ id, jsonrpc, result }) => ({ id, jsonrpc, result: [result] }),
          }
        : { action: 'pass' },
    );
    expect(await createRpc(url)('eth_getBlockByNumber', ['latest', false])).toMatchObject([{ number: '0x0' }]);
    const batch = [call(1, 'eth_chainId'), call(2, 'eth_getBlockByNumber', 'latest', false)];
    expect(await post(url, batch)).toMatchObject([
      { id: 1, result: '0x14a34' },
      { id: 2, result: [{ number: '0x0' }] },
    ]);
  });

  test('brings the answer as it is told to', async () => {
    const started = await startForwarder({
      upstream: anvil.url,
      intercept: () => ({ action: 'pass' }),
      async deliver({ answer, calls, batch, outgoing }) {
        outgoing.writeHead(203).end(JSON.stringify({ calls, batch, answer: JSON.parse(await answer()) }));
      },
    });
    onTestFinished(() => started.stop());
    const asked = call(1, 'eth_chainId');
    expect(await post(started.url, asked)).toEqual({
      calls: [asked],
      batch: false,
      answer: { jsonrpc: '2.0', id: 1, result: '0x14a34' },
    });
    expect(await post(started.url, [asked])).toMatchObject({ calls: [asked], batch: true, answer: [{ id: 1 }] });
  });

  test('a node that is gone breaks the connection', async () => {
    const gone = createServer().listen(0, '127.0.0.1');
    await once(gone, 'listening');
    const address = gone.address();
    gone.close();
    await once(gone, 'close');
    if (address === null || typeof address === 'string') throw new Error('no port');
    const url = await forwarder(() => ({ action: 'pass' }), `http://127.0.0.1:${address.port}`);
    await expect(createRpc(url)('eth_chainId')).rejects.toThrow('fetch failed');
  });
});
