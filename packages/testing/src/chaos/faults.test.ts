import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Anvil, startAnvil } from '../anvil.ts';
import { someAddress } from '../contract.ts';
import { hex } from '../hex.ts';
import { createRpc, RefusedCall, type Rpc } from '../rpc.ts';
import { minedReceipt, receiptOf, sendTransaction } from '../submission.ts';
import { type ChaosProxy, startChaosProxy } from './chaos-proxy.ts';
import type { FaultName } from './faults.ts';

const OVERSIZED = 3_000_000;

let anvil: Anvil;
let proxy: ChaosProxy;
/** Asks through the proxy. */
let rpc: Rpc;
beforeAll(async () => {
  anvil = await startAnvil({ chainId: 84532 });
  // Blocks come when the test wants them.
  await anvil.pauseMining();
  await anvil.mine(10);
});
afterAll(() => anvil.stop());
beforeEach(async () => {
  proxy = await startChaosProxy(anvil.url, {
    staleBlocks: 3,
    oversizedBytes: OVERSIZED,
    dripMs: 5,
    retryAfterSeconds: 7,
  });
  rpc = createRpc(proxy.url);
});
afterEach(() => proxy.stop());

const call = (id: number, method: string, ...params: unknown[]) => ({ jsonrpc: '2.0', id, method, params });
const CHAIN_ID = { jsonrpc: '2.0', id: 1, result: '0x14a34' };
const BATCH = [call(1, 'eth_chainId'), call(2, 'eth_accounts'), call(3, 'net_version')];
const ANSWERS = [CHAIN_ID, { jsonrpc: '2.0', id: 2, result: [expect.any(String)] }, expect.objectContaining({ id: 3 })];

const request = (body: unknown, signal?: AbortSignal) =>
  fetch(proxy.url, { method: 'POST', body: JSON.stringify(body), ...(signal && { signal }) });

/** What a caller sees: status, type and text, or how it came to nothing. */
async function look(body: unknown = call(1, 'eth_chainId')) {
  const response = await request(body);
  return { status: response.status, type: response.headers.get('content-type'), text: await response.text() };
}

async function json(body: unknown): Promise<unknown> {
  return JSON.parse((await look(body)).text);
}

/** The code of the fault behind a request that failed. */
const failure = (body: unknown = call(1, 'eth_chainId')) =>
  look(body).then(
    () => expect.fail('it was answered'),
    (error: Error & { cause: Error & { code: string } }) => error.cause.code,
  );

/** Sends a transaction of 1 wei through the proxy. Says what came back and, after a block, whether it was taken. */
async function send() {
  const to = someAddress();
  const [wallet] = anvil.accounts;
  if (wallet === undefined) throw new Error('no account');
  const chain = { chainId: anvil.chainId, rpc };
  const outcome = await sendTransaction(chain, { privateKey: wallet.privateKey, to, data: '0x', value: 1n }).then(
    (hash) => hash,
    (error: unknown) => (error instanceof RefusedCall ? error.message : 'no answer'),
  );
  await anvil.mine();
  return { outcome, taken: (await anvil.rpc('eth_getBalance', [to, 'latest'])) === '0x1' };
}

/** Asks what is never answered, and gives up. Says how the request ended. */
async function giveUpOn(body: unknown): Promise<string> {
  const patience = new AbortController();
  const outcome = request(body, patience.signal).then(
    () => 'answered',
    (error: Error) => error.name,
  );
  // What is asked afterwards on another connection is answered: the proxy is not stuck, only this request is.
  expect(await Promise.race([outcome, rpc('eth_accounts').then(() => 'waiting')])).toBe('waiting');
  patience.abort();
  return outcome;
}

describe('connection', () => {
  test('drop-before: the other side hangs up, and the node never heard of it', async () => {
    proxy.on('drop-before');
    expect(await failure()).toBe('UND_ERR_SOCKET');
    proxy.off();
    proxy.on('drop-before', { methods: ['eth_sendRawTransaction'] });
    expect(await send()).toEqual({ outcome: 'no answer', taken: false });
  });

  test('connection-reset: a reset and not a regular end', async () => {
    proxy.on('connection-reset');
    expect(await failure()).toBe('ECONNRESET');
    proxy.off();
    proxy.on('connection-reset', { methods: ['eth_sendRawTransaction'] });
    expect(await send()).toEqual({ outcome: 'no answer', taken: false });
  });

  test('no-answer: the connection stays open and silent', async () => {
    proxy.on('no-answer', { methods: ['eth_chainId'] });
    expect(await giveUpOn(call(1, 'eth_chainId'))).toBe('AbortError');
  });

  test('drop-after-accept: the transaction is taken, its answer is lost', async () => {
    proxy.on('drop-after-accept');
    expect(await send()).toEqual({ outcome: 'no answer', taken: true });
    expect(await rpc('eth_chainId')).toBe('0x14a34');
  });

  test('no-answer-after-accept: the transaction is taken, the caller waits in vain', async () => {
    const to = someAddress();
    const [wallet] = anvil.accounts;
    if (wallet === undefined) throw new Error('no account');
    let bytes: unknown;
    const signOnly: Rpc = async (method, params) => {
      if (method !== 'eth_sendRawTransaction') return rpc(method, params);
      bytes = params?.[0];
      return '0x';
    };
    const chain = { chainId: anvil.chainId, rpc: signOnly };
    await sendTransaction(chain, { privateKey: wallet.privateKey, to, data: '0x', value: 1n });
    proxy.on('no-answer-after-accept');
    expect(await giveUpOn(call(1, 'eth_sendRawTransaction', bytes))).toBe('AbortError');
    await vi.waitFor(async () => expect(await anvil.rpc('txpool_status')).toMatchObject({ pending: '0x1' }));
    await anvil.mine();
    expect(await anvil.rpc('eth_getBalance', [to, 'latest'])).toBe('0x1');
  });
});

describe('HTTP', () => {
  test('http-429: with Retry-After', async () => {
    proxy.on('http-429');
    const response = await request(BATCH);
    expect(response.status).toBe(429);
    expect(response.headers.get('retry-after')).toBe('7');
    expect(await response.json()).toMatchObject({ error: { code: -32005, message: 'rate limit exceeded' } });
  });

  test.each([
    ['http-500', 500, 'Internal Server Error'],
    ['http-502', 502, 'Bad Gateway'],
  ] as const)('%s: a page and no JSON', async (fault, status, title) => {
    proxy.on(fault);
    const seen = await look();
    expect(seen).toMatchObject({ status, type: 'text/html', text: expect.stringContaining(`<h1>${title}</h1>`) });
    proxy.off();
    proxy.on(fault, { methods: ['eth_sendRawTransaction'] });
    expect(await send()).toMatchObject({ taken: false });
  });

  test('batch-refused: one answer for all; calls alone are answered', async () => {
    proxy.on('batch-refused');
    expect(await json(BATCH)).toEqual({
      jsonrpc: '2.0',
      id: null,
      error: { code: -32600, message: 'batch not supported' },
    });
    expect(await json(call(1, 'eth_chainId'))).toEqual(CHAIN_ID);
    expect(await json([call(1, 'eth_chainId')])).toEqual([CHAIN_ID]);
  });
});

describe('body', () => {
  test('garbled-json: all there, and not to be parsed', async () => {
    proxy.on('garbled-json');
    const { status, text } = await look();
    expect(status).toBe(200);
    expect(text).toContain('0x14a34');
    expect(() => JSON.parse(text)).toThrow(SyntaxError);
  });

  test('truncated-body: less than its length says', async () => {
    proxy.on('truncated-body');
    const response = await request(call(1, 'eth_chainId'));
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow('terminated');
  });

  test('oversized-body: right, and larger than anybody should read', async () => {
    proxy.on('oversized-body');
    const response = await request(call(1, 'eth_chainId'));
    expect(response.headers.get('content-length')).toBeNull();
    const text = await response.text();
    expect(text.length).toBeGreaterThan(OVERSIZED);
    expect(JSON.parse(text)).toEqual(CHAIN_ID);
  });

  test('slow-drip: right, in many pieces', async () => {
    proxy.on('slow-drip');
    const response = await request(BATCH);
    const pieces: string[] = [];
    const decoder = new TextDecoder();
    for await (const piece of response.body ?? []) pieces.push(decoder.decode(piece));
    expect(pieces.length).toBeGreaterThan(1);
    expect(JSON.parse(pieces.join(''))).toEqual(ANSWERS);
  });

  test('wrong-ids: answers to what nobody asked', async () => {
    proxy.on('wrong-ids');
    expect(await json(call(1, 'eth_chainId'))).toEqual({ ...CHAIN_ID, id: 1_000_001 });
    expect(await json(BATCH)).toMatchObject([{ id: 1_000_001 }, { id: 1_000_002 }, { id: 1_000_003 }]);
  });

  test.each<[FaultName, readonly unknown[]]>([
    ['batch-duplicates', [ANSWERS[0], ...ANSWERS]],
    ['batch-gaps', ANSWERS.slice(1)],
    ['batch-reordered', ANSWERS.toReversed()],
  ])('%s', async (fault, expected) => {
    proxy.on(fault);
    expect(await json(BATCH)).toEqual(expected);
    // Nothing of the kind can happen to a call alone.
    expect(await json(call(1, 'eth_chainId'))).toEqual(CHAIN_ID);
  });
});

describe('chain', () => {
  const head = async () => Number(await anvil.rpc('eth_blockNumber'));

  test('stale-reads: balances, counts, receipts and the head are those of some blocks ago', async () => {
    const before = await head();
    const { outcome } = await send();
    const [wallet] = anvil.accounts;
    const nonce = (tag: string) => rpc('eth_getTransactionCount', [wallet?.address, tag]).then(Number);
    const fresh = await nonce('latest');
    proxy.on('stale-reads');
    // The transaction is in the newest block; the view is three blocks behind.
    expect(Number(await rpc('eth_blockNumber'))).toBe(before - 2);
    expect([await nonce('latest'), await nonce('pending')]).toEqual([fresh - 1, fresh - 1]);
    expect(await receiptOf({ rpc }, hex(outcome))).toBeUndefined();
    await anvil.mine(3);
    expect(await nonce('latest')).toBe(fresh);
    expect(await receiptOf({ rpc }, hex(outcome))).toMatchObject({ blockNumber: BigInt(before + 1) });
  });

  test('head-zero: there is only the first block, while state is what it was', async () => {
    proxy.on('head-zero');
    expect(await rpc('eth_blockNumber')).toBe('0x0');
    expect(await rpc('eth_getBlockByNumber', ['latest', false])).toMatchObject({ number: '0x0' });
    const [wallet] = anvil.accounts;
    const params = [wallet?.address, 'latest'];
    expect(await rpc('eth_getTransactionCount', params)).toBe(await anvil.rpc('eth_getTransactionCount', params));
  });

  test('wrong-chain-id: another chain, alone and in a batch', async () => {
    proxy.on('wrong-chain-id');
    expect(await rpc('eth_chainId')).toBe('0x539');
    expect(await json(BATCH)).toEqual([
      { ...CHAIN_ID, result: '0x539' },
      ANSWERS[1],
      { jsonrpc: '2.0', id: 3, result: '1337' },
    ]);
  });

  test('late-receipt: null twice for each transaction, then there', async () => {
    const hashes = [hex((await send()).outcome), hex((await send()).outcome)];
    proxy.on('late-receipt');
    for (const hash of hashes) {
      expect(await rpc('eth_getTransactionReceipt', [hash])).toBeNull();
      expect(await rpc('eth_getTransactionReceipt', [hash])).toBeNull();
      expect(await minedReceipt({ rpc }, hash)).toMatchObject({ status: 'success' });
    }
  });
});

describe('lies about a transaction', () => {
  test.each<[FaultName, string, boolean]>([
    ['already-known', 'eth_sendRawTransaction: already known', true],
    ['nonce-too-low-after-accept', 'eth_sendRawTransaction: nonce too low', true],
    ['nonce-too-low', 'eth_sendRawTransaction: nonce too low', false],
  ])('%s', async (fault, outcome, taken) => {
    proxy.on(fault);
    expect(await send()).toEqual({ outcome, taken });
    proxy.off(fault);
    expect(await send()).toEqual({ outcome: expect.stringMatching(/^0x[0-9a-f]{64}$/), taken: true });
  });

  test.each<FaultName>(['already-known', 'nonce-too-low-after-accept'])(
    '%s: what the node itself refuses stays refused',
    async (fault) => {
      proxy.on(fault);
      const honest = await anvil.rpc('eth_sendRawTransaction', ['0x00']).catch((error: RefusedCall) => error.message);
      await expect(rpc('eth_sendRawTransaction', ['0x00'])).rejects.toThrow(`${honest}`);
    },
  );
});
