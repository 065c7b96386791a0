import { afterEach, describe, expect, it } from 'vitest';
import { handClock } from '../../tests/clock.ts';
import { type EndpointReport, type RpcPoolOptions, rpcPool } from './pool.ts';
import { answering, type Reply, type Script, type Scripted, startScripted } from './scripted.fixture.ts';

const CHAIN = 84532;
const hex = (number: number | bigint) => `0x${number.toString(16)}`;
const call = (method: string, ...params: readonly unknown[]) => ({ method, params });
const RECEIPT = call('eth_getTransactionReceipt', '0xaa');
const HEAD = call('eth_blockNumber');
const SEND = call('eth_sendRawTransaction', '0x02');
const error = (message: string, code = -32000) => ({ error: { code, message } });
const PROBE = ['eth_chainId', 'eth_getBlockByNumber'];

const stops: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

type Node = {
  head: number;
  /** Seconds since its newest block. */
  age: number;
  chainId: number;
  /** Takes the place of the usual answer while it is set. */
  script: Script | undefined;
  /** By method. */
  readonly results: Record<string, unknown>;
};

type Given = Partial<Omit<RpcPoolOptions, 'endpoints'>> & { readonly callsPerSecond?: readonly (number | undefined)[] };

/** A pool over as many nodes as are given, each well unless said otherwise. */
async function pool(given: readonly Partial<Node>[], { callsPerSecond = [], ...options }: Given = {}) {
  const clock = handClock();
  const nodes = given.map((node): Node => {
    return { head: 10, age: 0, chainId: CHAIN, script: undefined, results: {}, ...node };
  });
  const servers: Scripted[] = [];
  for (const node of nodes) {
    const usual: Script = (...request) => {
      const time = hex(clock.now() - BigInt(node.age));
      const head = {
        eth_chainId: hex(node.chainId),
        eth_blockNumber: hex(node.head),
        eth_getBlockByNumber: { number: hex(node.head), timestamp: time },
      };
      return answering({ ...head, ...node.results })(...request);
    };
    const server = await startScripted((...request) => (node.script ?? usual)(...request));
    servers.push(server);
    stops.push(server.stop);
  }
  const changes: EndpointReport[] = [];
  const rpc = rpcPool({
    ...{ endpoints: servers.map(({ url }, index) => ({ url, callsPerSecond: callsPerSecond[index] })), clock },
    ...{ chainId: CHAIN, blockMs: 1_000, random: () => 0, retries: 0, onChange: (report) => changes.push(report) },
    ...options,
  });
  stops.push(rpc.close);
  /** What each endpoint was asked since the last time. */
  const marks = servers.map(() => 0);
  const asked = () =>
    servers.map((server, index) => {
      const from = marks[index] ?? 0;
      marks[index] = server.methods().length;
      return server.methods().slice(from);
    });
  return { rpc, clock, nodes, servers, changes, asked };
}

function at<T>(list: readonly T[], index: number): T {
  const found = list[index];
  if (found === undefined) throw new Error(`there is no ${index}`);
  return found;
}

describe('one endpoint', () => {
  it('is asked what is asked, and nothing else', async () => {
    const { rpc, asked, clock } = await pool([{}]);
    expect(await rpc.ask([call('a')])).toEqual([{ status: 'result', result: 'a' }]);
    clock.move(3_600_000);
    await rpc.ask([call('b'), HEAD]);
    expect(asked()).toEqual([['a', 'b', 'eth_blockNumber']]);
    expect(rpc.reports()).toEqual([{ number: 1, standing: 'good', why: '' }]);
  });

  it('is asked again however it fared, and whatever chain it serves', async () => {
    const { rpc, nodes, changes } = await pool([{ script: () => 'break' }]);
    const node = at(nodes, 0);
    expect(await rpc.ask([call('a')])).toMatchObject([{ status: 'silent' }]);
    node.script = undefined;
    expect(await rpc.ask([call('a')])).toMatchObject([{ result: 'a' }]);
    expect(changes.map(({ standing }) => standing)).toEqual(['left', 'good']);
    node.chainId = 1;
    expect(await rpc.inspect()).toEqual([{ number: 1, standing: 'excluded', why: 'it serves chain 1' }]);
    expect(await rpc.ask([call('a')])).toMatchObject([{ result: 'a' }]);
  });
});

describe('several endpoints', () => {
  it('are asked who they are once, and then one of them answers all', async () => {
    const { rpc, asked } = await pool([{}, {}, {}]);
    for (let round = 0; round < 5; round += 1) expect(await rpc.ask([call('a')])).toMatchObject([{ result: 'a' }]);
    const [first, ...others] = asked();
    expect(first).toEqual([...PROBE, 'a', 'a', 'a', 'a', 'a']);
    for (const other of others) expect(other).toEqual(PROBE);
  });

  it('are looked at again when the last look is long ago, beside the traffic', async () => {
    const { rpc, asked, clock, servers } = await pool([{}, {}]);
    await rpc.ask([call('a')]);
    asked();
    clock.move(60_000);
    await rpc.ask([call('a')]);
    await expect.poll(() => servers.map((server) => server.methods().length)).toEqual([6, 4]);
    await rpc.ask([call('b')]);
    expect(asked()[1]).toEqual(PROBE);
  });

  it.each<[string, Script]>([
    ['breaks the connection', () => 'break'],
    ['is broken', () => ({ status: 500, body: '' })],
    ['talks nonsense', () => ({ body: '<html>' })],
    ['is not there', () => ({ status: 404, body: '' })],
    ['is busy', () => ({ status: 429, body: '' })],
    ['leaves calls out', () => ({ body: [] })],
    ['lost its state', answering({ a: error('missing trie node') })],
  ])('stand in for one that %s', async (_, script) => {
    const { rpc, nodes } = await pool([{}, {}]);
    await rpc.ask([call('b')]);
    at(nodes, 0).script = script;
    expect(await rpc.ask([call('a')])).toMatchObject([{ result: 'a' }]);
  });

  it('leave one alone that failed, and probe it before it counts again', async () => {
    const { rpc, nodes, asked, clock, changes } = await pool([{}, {}]);
    await rpc.ask([call('a')]);
    at(nodes, 0).script = () => 'break';
    await rpc.ask([call('a')]);
    expect(rpc.reports()[0]).toMatchObject({ standing: 'left', why: expect.stringContaining('cannot be heard') });
    asked();
    await rpc.ask([call('b')]);
    expect(asked()).toEqual([[], ['b']]);
    // It still fails when its rest is over, and rests for longer.
    clock.move(1_000);
    await rpc.ask([call('b')]);
    await expect.poll(() => asked()[0]?.length).toBe(2);
    clock.move(1_500);
    await rpc.ask([call('b')]);
    expect(asked()[0]).toEqual([]);
    at(nodes, 0).script = undefined;
    clock.move(1_000);
    await rpc.ask([call('b')]);
    await expect.poll(() => rpc.reports()[0]?.standing).toBe('good');
    expect(asked()[0]).toEqual(PROBE);
    // It is back, and there is no reason to leave the one that served in the meantime.
    await rpc.ask([call('c')]);
    expect(asked()).toEqual([[], ['c']]);
    expect(changes.map(({ number, standing }) => [number, standing])).toEqual([
      [1, 'left'],
      [1, 'good'],
    ]);
  });

  it('are asked even while left, when nobody else is there', async () => {
    const { rpc, nodes } = await pool([{}, {}]);
    await rpc.ask([call('a')]);
    for (const node of nodes) node.script = () => 'break';
    expect(await rpc.ask([call('a')])).toMatchObject([{ status: 'silent', reached: true }]);
    for (const node of nodes) node.script = undefined;
    expect(await rpc.ask([call('a')])).toMatchObject([{ result: 'a' }]);
  });

  it('share what one of them leaves out', async () => {
    const { rpc, nodes, asked } = await pool([{}, {}]);
    await rpc.ask([call('a')]);
    asked();
    at(nodes, 0).script = (calls) => ({
      body: calls.filter((_, index) => index !== 1).map(({ id }) => ({ jsonrpc: '2.0', id, result: 'first' })),
    });
    expect(await rpc.ask([call('a'), call('b'), call('c')])).toMatchObject([
      { result: 'first' },
      { result: 'b' },
      { result: 'first' },
    ]);
    expect(asked()).toEqual([['a', 'b', 'c'], ['b']]);
  });

  it('may refuse batches one by one', async () => {
    const single = answering({
      eth_chainId: hex(CHAIN),
      eth_getBlockByNumber: { number: '0xa', timestamp: hex(2 ** 40) },
    });
    const script: Script = (calls, number, batch) =>
      batch ? { body: { jsonrpc: '2.0', id: null, ...error('no batches', -32600) } } : single(calls, number, batch);
    const { rpc, servers } = await pool([{ script }, {}]);
    await rpc.inspect();
    expect(await rpc.ask([call('a'), call('b')])).toMatchObject([{ result: 'a' }, { result: 'b' }]);
    expect(await rpc.ask([call('c'), call('d')])).toMatchObject([{ result: 'c' }, { result: 'd' }]);
    expect(servers.map(({ seen }) => seen.filter(({ batch }) => batch).length)).toEqual([1, 1]);
  });

  it('answer by the deadline when all hang', async () => {
    const { rpc, nodes } = await pool([{}, {}], { timeoutMs: 100 });
    await rpc.ask([call('a')]);
    for (const node of nodes) node.script = () => 'hang';
    expect(await rpc.ask([call('a')])).toEqual([
      { status: 'silent', reached: true, detail: 'the RPC did not answer in time' },
    ]);
  });

  it('never show an address', async () => {
    const { rpc, nodes, servers, changes } = await pool([{}, {}]);
    await rpc.ask([call('a')]);
    for (const [index, node] of nodes.entries())
      node.script = answering({ a: error(`not here: ${at(servers, index).url}v2/key-key-key`) });
    expect(await rpc.ask([call('a')])).toMatchObject([{ status: 'error', message: 'not here: (url)' }]);
    for (const node of nodes) node.script = () => 'break';
    const shown = JSON.stringify([await rpc.ask([call('a')]), rpc.reports(), changes]);
    expect(shown).not.toMatch(/127\.0\.0\.1|http:/);
  });

  it('must be some', () => {
    const options = { endpoints: [], chainId: CHAIN, blockMs: 1_000, clock: handClock() };
    expect(() => rpcPool(options)).toThrow('at least one');
    expect(() => rpcPool({ ...options, endpoints: [{ url: 'my-secret' }] })).toThrow(/^The RPC address is not an http/);
  });
});

describe('an endpoint of another chain', () => {
  it('is never asked anything else, and named', async () => {
    const { rpc, asked, changes } = await pool([{ chainId: 1 }, {}]);
    for (let round = 0; round < 3; round += 1) await rpc.ask([call('a')]);
    await rpc.ask([SEND]);
    expect(asked()).toEqual([PROBE, [...PROBE, 'a', 'a', 'a', SEND.method]]);
    expect(changes).toEqual([{ number: 1, standing: 'excluded', why: 'it serves chain 1' }]);
    expect(rpc.reports()[0]).toEqual(changes[0]);
  });

  it('comes back when it serves the right one', async () => {
    const { rpc, nodes, clock } = await pool([{ chainId: 1 }, {}]);
    await rpc.ask([call('a')]);
    at(nodes, 0).chainId = CHAIN;
    clock.move(60_000);
    await rpc.ask([call('a')]);
    await expect.poll(() => rpc.reports()[0]?.standing).toBe('good');
  });

  it('leaves nothing to ask when all are', async () => {
    const { rpc } = await pool([{ chainId: 1 }, { chainId: 2 }]);
    const detail = 'no RPC endpoint can be asked (endpoint 1: it serves chain 1; endpoint 2: it serves chain 2)';
    expect(await rpc.ask([call('a')])).toEqual([{ status: 'silent', reached: false, detail }]);
    expect(await rpc.ask([SEND])).toEqual([{ status: 'silent', reached: false, detail }]);
  });
});

describe('an endpoint that is behind', () => {
  it('is asked last when its newest block is old, and first when all others are worse', async () => {
    const { rpc, nodes, asked } = await pool([{ age: 60 }, {}]);
    await rpc.ask([call('a')]);
    await rpc.inspect();
    expect(rpc.reports()[0]).toEqual({ number: 1, standing: 'stale', why: 'its newest block is 60 s old' });
    asked();
    await rpc.ask([call('a')]);
    expect(asked()).toEqual([[], ['a']]);
    at(nodes, 1).script = () => 'break';
    expect(await rpc.ask([call('a')])).toMatchObject([{ result: 'a' }]);
  });

  it('is no witness while it is at block 0', async () => {
    const { rpc, nodes, asked } = await pool([{}, {}]);
    await rpc.ask([call('a')]);
    at(nodes, 0).head = 0;
    asked();
    expect(await rpc.ask([HEAD, RECEIPT])).toMatchObject([{ result: '0xa' }, { result: RECEIPT.method }]);
    expect(rpc.reports()[0]).toMatchObject({ standing: 'left', why: 'the RPC is at block 0' });
  });

  it('says nothing of what is not there, before it has the block we have seen', async () => {
    const included = { transactionHash: '0xaa', blockNumber: '0xb' };
    const { rpc, nodes, asked } = await pool([{ head: 11, results: { [RECEIPT.method]: included } }, {}]);
    expect(await rpc.ask([RECEIPT])).toMatchObject([{ result: included }]);
    const other = at(nodes, 1);
    other.results[RECEIPT.method] = null;
    at(nodes, 0).script = () => 'break';
    asked();
    for (const calls of [[RECEIPT], [call('eth_getTransactionCount')], [call('eth_getLogs')]])
      expect(await rpc.ask(calls)).toMatchObject([{ status: 'silent' }]);
    expect(asked()[1]?.every((method) => method === 'eth_blockNumber')).toBe(true);
    // What does not depend on the newest block it may answer.
    expect(await rpc.ask([call('eth_call')])).toMatchObject([{ result: 'eth_call' }]);
    other.head = 11;
    expect(await rpc.ask([RECEIPT])).toEqual([{ status: 'result', result: null }]);
  });

  it('is found out behind the same address too, when it names its head', async () => {
    const { rpc, nodes } = await pool([{ head: 11, results: { [RECEIPT.method]: null } }]);
    expect(await rpc.ask([HEAD, RECEIPT])).toMatchObject([{ result: '0xb' }, { result: null }]);
    at(nodes, 0).head = 10;
    expect(await rpc.ask([HEAD, RECEIPT])).toMatchObject([
      { status: 'silent', detail: 'the RPC is behind what it has shown before' },
      { status: 'silent' },
    ]);
  });

  it('is not believed at once when it leaps, alone or not; nor is anything that came with it', async () => {
    for (const others of [[], [{}]]) {
      const { rpc, nodes, clock } = await pool([{}, ...others]);
      expect(await rpc.ask([HEAD])).toMatchObject([{ result: '0xa' }]);
      clock.move(4_000);
      const node = at(nodes, 0);
      node.head = 0xffffff;
      node.results[RECEIPT.method] = null;
      const detail = 'the RPC speaks of a block that cannot be there yet';
      const leap = await rpc.ask([HEAD, RECEIPT]);
      if (others.length === 0) expect(leap).toMatchObject([{ status: 'silent', detail }, { status: 'silent' }]);
      else expect(leap).toMatchObject([{ result: '0xa' }, { result: RECEIPT.method }]);
      node.head = 12;
      expect(await rpc.ask([HEAD, RECEIPT])).toMatchObject([{ result: '0xc' }, { result: null }]);
    }
  });

  it('is believed when a second answer says the same, also the next in the same ask', async () => {
    const { rpc, nodes, clock } = await pool([{}]);
    await rpc.ask([HEAD]);
    at(nodes, 0).head = 5_000;
    expect(await rpc.ask([HEAD])).toMatchObject([{ status: 'silent' }]);
    at(nodes, 0).head = 5_003;
    expect(await rpc.ask([HEAD])).toMatchObject([{ result: hex(5_003) }]);
    // As many as fit into the time are no leap.
    clock.move(1_000_000);
    at(nodes, 0).head = 7_000;
    expect(await rpc.ask([HEAD])).toMatchObject([{ result: hex(7_000) }]);
  });

  it('is not waited for for ever when it is alone and the block never was', async () => {
    const { rpc, nodes, clock } = await pool([{ head: 1_000_000 }]);
    await rpc.ask([HEAD]);
    at(nodes, 0).head = 10;
    expect(await rpc.ask([HEAD, RECEIPT])).toMatchObject([{ status: 'silent' }, { status: 'silent' }]);
    clock.move(700_000);
    await rpc.ask([HEAD]);
    expect(await rpc.ask([HEAD, RECEIPT])).toMatchObject([{ result: '0xa' }, { result: RECEIPT.method }]);
    // What it shows from now on counts as before.
    at(nodes, 0).head = 9;
    expect(await rpc.ask([HEAD])).toMatchObject([{ status: 'silent' }]);
  });

  it('is not waited for when nobody ever had the block', async () => {
    const { rpc, nodes, clock } = await pool([{ head: 1_000_000 }, {}]);
    await rpc.ask([HEAD]);
    at(nodes, 0).script = () => 'break';
    expect(await rpc.ask([HEAD])).toMatchObject([{ status: 'silent' }]);
    clock.move(700_000);
    await rpc.inspect();
    expect(await rpc.ask([HEAD])).toMatchObject([{ result: '0xa' }]);
  });
});

describe('an endpoint that takes long', () => {
  it('is not waited for: another one is asked, and the next ask goes there at once', async () => {
    const { rpc, nodes, asked } = await pool([{}, {}]);
    await rpc.ask([call('a')]);
    asked();
    at(nodes, 0).script = () => 'hang';
    expect(await rpc.ask([call('a')])).toMatchObject([{ result: 'a' }]);
    expect(asked()).toEqual([['a'], ['a']]);
    const more = await Promise.all(Array.from({ length: 20 }, () => rpc.ask([call('b')])));
    expect(more.flat().every((answer) => answer.status === 'result')).toBe(true);
    expect(asked()).toEqual([[], Array.from({ length: 20 }, () => 'b')]);
  });

  it('still answers first when it does', async () => {
    const gate = Promise.withResolvers<Reply>();
    const { rpc, nodes, servers } = await pool([{}, {}]);
    await rpc.ask([call('a')]);
    at(nodes, 1).script = () => 'hang';
    let id = 0;
    at(nodes, 0).script = (calls) => {
      id = calls[0]?.id ?? 0;
      return gate.promise;
    };
    const answers = rpc.ask([call('a')]);
    await expect.poll(() => at(servers, 1).methods().at(-1)).toBe('a');
    gate.resolve({ body: { jsonrpc: '2.0', id, result: 'late' } });
    expect(await answers).toMatchObject([{ result: 'late' }]);
  });
});

describe('an endpoint that wants less traffic', () => {
  it('gets none for as long as it says', async () => {
    const { rpc, nodes, asked, clock } = await pool([{}, {}]);
    await rpc.ask([call('a')]);
    at(nodes, 0).script = () => ({ status: 429, body: '', headers: { 'retry-after': '30' } });
    await rpc.ask([call('a')]);
    at(nodes, 0).script = undefined;
    asked();
    clock.move(29_000);
    await rpc.ask([call('a')]);
    await rpc.ask([SEND]);
    await expect.poll(() => asked()[0]).toEqual([]);
    at(nodes, 1).script = () => 'break';
    clock.move(1_000);
    expect(await rpc.ask([call('a')])).toMatchObject([{ result: 'a' }]);
  });

  it('is waited for when it is alone and there is time, and otherwise nothing is sent', async () => {
    const { rpc, nodes, asked } = await pool([{}], { retries: 1 });
    at(nodes, 0).script = (calls, number, batch) =>
      number === 1 ? { status: 429, body: '', headers: { 'retry-after': '1' } } : answering()(calls, number, batch);
    expect(await rpc.ask([call('a')])).toMatchObject([{ result: 'a' }]);
    at(nodes, 0).script = () => ({ status: 429, body: '', headers: { 'retry-after': '60' } });
    expect(await rpc.ask([call('b')])).toMatchObject([{ status: 'silent' }]);
    asked();
    expect(await rpc.ask([call('c')])).toMatchObject([{ status: 'silent', reached: false }]);
    expect(await rpc.ask([SEND])).toMatchObject([{ status: 'silent', reached: false }]);
    expect(asked()).toEqual([[]]);
  });
});

describe('a budget', () => {
  it('sends to another endpoint what is beyond it', async () => {
    const { rpc, asked, clock } = await pool([{}, {}], { callsPerSecond: [5, undefined] });
    await rpc.ask([call('a')]);
    asked();
    for (let index = 0; index < 4; index += 1) await rpc.ask([call('a')]);
    expect(asked()).toEqual([
      ['a', 'a'],
      ['a', 'a'],
    ]);
    clock.move(1_000);
    await rpc.ask([call('a')]);
    expect(asked()[0]).toEqual(['a']);
  });

  it('of a lone endpoint is waited for', async () => {
    const { rpc, asked } = await pool([{}], { callsPerSecond: [10] });
    const answers = await Promise.all(Array.from({ length: 12 }, () => rpc.ask([call('a')])));
    expect(answers.flat().every((answer) => answer.status === 'result')).toBe(true);
    expect(asked()[0]).toHaveLength(12);
  });

  it('that the deadline does not reach is silence, and nothing is sent', async () => {
    const { rpc, asked } = await pool([{}], { callsPerSecond: [1], timeoutMs: 500 });
    await rpc.ask([call('a')]);
    asked();
    expect(await rpc.ask([call('a')])).toMatchObject([{ status: 'silent', reached: false }]);
    expect(asked()).toEqual([[]]);
  });
});

describe('a transaction', () => {
  const unknown = expect.objectContaining({ status: 'error', message: 'nonce too low' });
  const accepted: unknown = { result: '0xhash' };
  const known = error('already known');
  const low = error('nonce too low');
  const poor = error('insufficient funds for gas * price + value');

  it.each<[string, readonly unknown[], unknown]>([
    ['accepted by all', [accepted, accepted], { status: 'result' }],
    ['accepted by one, refused by another', [poor, accepted], { status: 'result' }],
    ['accepted by one, unclear at another', [low, accepted], { status: 'result' }],
    ['known to one', [poor, known], { status: 'error', message: 'already known' }],
    ['refused by all', [poor, poor], { status: 'error', message: expect.stringContaining('insufficient') }],
    ['refused by one, unclear at another', [poor, low], unknown],
    ['refused by one, unheard by another', [poor, 'break'], { status: 'silent', reached: true }],
    ['unclear at all', [low, 'break'], unknown],
    ['accepted while another hangs', ['hang', accepted], { status: 'result' }],
  ])('%s', async (_, replies, expected) => {
    const { rpc, nodes, asked } = await pool(replies.map(() => ({})));
    await rpc.ask([call('a')]);
    asked();
    for (const [index, reply] of replies.entries()) {
      at(nodes, index).script = (calls, number, batch) =>
        reply === 'break' || reply === 'hang'
          ? reply
          : answering({ [SEND.method]: reply === accepted ? '0xhash' : reply })(calls, number, batch);
    }
    expect(await rpc.ask([SEND])).toMatchObject([expected]);
    await expect.poll(() => asked().flat()).toEqual([]);
  });

  it('is handed to each endpoint once, also to those that were left', async () => {
    const { rpc, nodes, asked, servers } = await pool([{}, {}, {}]);
    await rpc.ask([call('a')]);
    at(nodes, 0).script = () => 'break';
    await rpc.ask([call('a')]);
    asked();
    expect(await rpc.ask([SEND, call('b'), SEND])).toMatchObject([
      { result: SEND.method },
      { result: 'b' },
      { result: SEND.method },
    ]);
    await expect
      .poll(() => servers.map((server) => server.methods().filter((each) => each === SEND.method).length))
      .toEqual([2, 2, 2]);
  });

  it('that reached nobody is refused, provably', async () => {
    const { rpc, servers } = await pool([{}, {}]);
    await rpc.ask([call('a')]);
    for (const server of servers) server.stop();
    expect(await rpc.ask([call('a')])).toMatchObject([{ status: 'silent' }]);
    expect(await rpc.ask([SEND])).toMatchObject([{ status: 'silent', reached: false }]);
  });
});
