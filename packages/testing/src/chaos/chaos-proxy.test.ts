import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { type Anvil, startAnvil } from '../anvil.ts';
import { createRpc } from '../rpc.ts';
import { type ChaosOptions, startChaosProxy } from './chaos-proxy.ts';
import { FAULT_NAMES, type FaultName } from './faults.ts';
import { createLots, mixedWeather } from './weather.ts';

let anvil: Anvil;
beforeAll(async () => {
  anvil = await startAnvil({ chainId: 84532 });
});
afterAll(() => anvil.stop());

async function start(options?: ChaosOptions) {
  const proxy = await startChaosProxy(anvil.url, options);
  onTestFinished(() => proxy.stop());
  const rpc = createRpc(proxy.url);
  const chainId = () =>
    rpc('eth_chainId').then(
      (answer) => String(answer),
      () => 'failed',
    );
  return { proxy, rpc, chainId };
}

const times = async <T>(count: number, ask: () => Promise<T>) => {
  const answers: T[] = [];
  for (let index = 0; index < count; index += 1) answers.push(await ask());
  return answers;
};

test('without a fault it is a proxy', async () => {
  const { proxy, chainId } = await start();
  expect(await times(3, chainId)).toEqual(['0x14a34', '0x14a34', '0x14a34']);
  expect(proxy.hits).toEqual([]);
});

describe('by order', () => {
  test('on, off, and only so many times', async () => {
    const { proxy, chainId } = await start();
    proxy.on('http-500');
    expect(await chainId()).toBe('failed');
    proxy.off('http-500');
    expect(await chainId()).toBe('0x14a34');
    proxy.on('wrong-chain-id', { times: 2 });
    expect(await times(3, chainId)).toEqual(['0x539', '0x539', '0x14a34']);
    proxy.on('http-500');
    proxy.on('wrong-chain-id');
    proxy.off();
    expect(await chainId()).toBe('0x14a34');
    expect(proxy.hits.map(({ fault }) => fault)).toEqual(['http-500', 'wrong-chain-id', 'wrong-chain-id']);
  });

  test('only at some methods', async () => {
    const { proxy, rpc, chainId } = await start();
    proxy.on('drop-before', { methods: ['eth_gasPrice'], times: 1 });
    expect(await chainId()).toBe('0x14a34');
    await expect(rpc('eth_gasPrice')).rejects.toThrow('fetch failed');
    await expect(rpc('eth_gasPrice')).resolves.toMatch(/^0x/);
    expect(proxy.hits).toEqual([{ fault: 'drop-before', methods: ['eth_gasPrice'] }]);
  });

  test('in a batch only at the calls that were aimed at', async () => {
    const { proxy } = await start({ staleBlocks: 1_000 });
    await anvil.mine();
    proxy.on('stale-reads', { methods: ['eth_blockNumber'] });
    const calls = ['eth_blockNumber', 'eth_getBlockByNumber'].map((method, id) => ({
      jsonrpc: '2.0',
      id,
      method,
      params: id === 0 ? [] : ['latest', false],
    }));
    const response = await fetch(proxy.url, { method: 'POST', body: JSON.stringify(calls) });
    expect(await response.json()).toMatchObject([
      { result: '0x0' },
      { result: { number: expect.not.stringMatching(/^0x0$/) } },
    ]);
    expect(proxy.hits).toEqual([{ fault: 'stale-reads', methods: ['eth_blockNumber'] }]);
  });

  test('one that alters and one that brings meet in one request', async () => {
    const { proxy } = await start();
    proxy.on('wrong-chain-id');
    proxy.on('wrong-ids');
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_chainId', params: [] });
    const response = await fetch(proxy.url, { method: 'POST', body });
    expect(await response.json()).toEqual({ jsonrpc: '2.0', id: 1_000_001, result: '0x539' });
  });
});

test('of two that bring an answer one does, and the other waits for its turn', async () => {
  const { proxy, chainId } = await start();
  proxy.on('http-502', { times: 1 });
  proxy.on('http-500', { times: 1 });
  expect(await times(3, chainId)).toEqual(['failed', 'failed', '0x14a34']);
  expect(proxy.hits.map(({ fault }) => fault)).toEqual(['http-500', 'http-502']);
});

describe('by weather', () => {
  test('the same seed brings the same weather, another one another', async () => {
    const weather = { 'http-500': 0.3, 'wrong-chain-id': 0.3 };
    const [first, second, third] = [
      await start({ seed: 7, weather }),
      await start({ seed: 7, weather }),
      await start({ seed: 8, weather }),
    ];
    const [one, two, other] = await Promise.all([first, second, third].map(({ chainId }) => times(40, chainId)));
    expect(new Set(one)).toEqual(new Set(['0x14a34', '0x539', 'failed']));
    expect(two).toEqual(one);
    expect(other).not.toEqual(one);
  });

  test('what else is asked in between does not change the weather of a method', async () => {
    const weather = { 'http-500': 0.5 };
    const [quiet, busy] = [await start({ weather }), await start({ weather })];
    const undisturbed = await times(20, quiet.chainId);
    const disturbed = await times(20, async () => {
      await busy.rpc('eth_accounts').catch(() => undefined);
      return busy.chainId();
    });
    expect(disturbed).toEqual(undisturbed);
  });

  test('it can change', async () => {
    const { proxy, chainId } = await start({ weather: { 'http-500': 1 } });
    expect(await chainId()).toBe('failed');
    proxy.off();
    expect(await chainId()).toBe('failed');
    proxy.weather({});
    expect(await chainId()).toBe('0x14a34');
  });

  test.each(FAULT_NAMES)('%s comes about by chance, and passes', async (fault) => {
    const { proxy, chainId } = await start({ weather: { [fault]: 0.5 }, oversizedBytes: 100_000, dripMs: 0 });
    const methods = ['eth_chainId', 'eth_blockNumber', 'eth_sendRawTransaction', 'eth_getTransactionReceipt'];
    const bodies = methods.map((method, id) => ({ jsonrpc: '2.0', id, method, params: ['0x00'] }));
    for (let round = 0; round < 20 && proxy.hits.length === 0; round += 1) {
      const requests = [...bodies, bodies].map(async (body) => {
        const signal = AbortSignal.timeout(500);
        const response = await fetch(proxy.url, { method: 'POST', body: JSON.stringify(body), signal });
        return response.text();
      });
      await Promise.allSettled(requests);
    }
    expect(new Set(proxy.hits.map((hit) => hit.fault))).toEqual(new Set([fault]));
    proxy.weather({});
    expect(await chainId()).toBe('0x14a34');
  });

  test('lots are spread evenly', () => {
    const draw = createLots(3);
    const lots = Array.from({ length: 4_000 }, () => draw('a'));
    const tenths = Array.from(
      { length: 10 },
      (_, tenth) => lots.filter((lot) => Math.floor(lot * 10) === tenth).length,
    );
    for (const count of tenths) expect(Math.abs(count - 400)).toBeLessThan(100);
  });

  test('mixed weather shares the probability', () => {
    const some: readonly FaultName[] = ['http-429', 'stale-reads'];
    expect(mixedWeather(0.5, some)).toEqual({ 'http-429': 0.25, 'stale-reads': 0.25 });
    const all = Object.values(mixedWeather(0.5));
    expect(all).toHaveLength(FAULT_NAMES.length);
    expect(all.reduce((sum, one) => sum + one, 0)).toBeCloseTo(0.5);
  });

  test('of mixed weather, requests meet their share', async () => {
    const some: readonly FaultName[] = ['http-429', 'http-500', 'wrong-chain-id', 'wrong-ids'];
    const { proxy, chainId } = await start({ weather: mixedWeather(0.4, some) });
    await times(200, chainId);
    expect(proxy.hits.length).toBeGreaterThan(50);
    expect(proxy.hits.length).toBeLessThan(110);
  });
});

test('a node that is gone breaks the connection', async () => {
  const gone = await startAnvil({ chainId: 1 });
  const proxy = await startChaosProxy(gone.url);
  onTestFinished(() => proxy.stop());
  await gone.stop();
  proxy.on('stale-reads');
  await expect(createRpc(proxy.url)('eth_blockNumber')).rejects.toThrow('fetch failed');
});

test('stop ends what waits, and may be repeated', async () => {
  const { proxy, rpc } = await start();
  proxy.on('no-answer');
  const waiting = rpc('eth_chainId').catch((error: Error) => error.message);
  await vi.waitFor(() => expect(proxy.hits).toHaveLength(1));
  await proxy.stop();
  await proxy.stop();
  expect(await waiting).toBe('fetch failed');
});
