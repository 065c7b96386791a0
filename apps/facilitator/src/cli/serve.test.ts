/** The server as a process: what it logs, when it is ready, how it ends. */
import {
  freePort,
  paymentRequestV2,
  type SandboxChain,
  signAuthorization,
  startSandboxChain,
} from '@facilitator/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { emptyFolder, type Run, runCli } from './run-cli.fixture.ts';

let chain: SandboxChain;
beforeAll(async () => {
  chain = await startSandboxChain();
});
afterAll(() => chain.stop());

const LISTENING = /"event":"http\.listening","url":"(http:[^"]+)"/;

function serve(env: Record<string, string> = {}, folder = emptyFolder()): Run {
  return runCli(['serve'], {
    folder,
    env: {
      HOST: '127.0.0.1',
      PORT: '0',
      RPC_URL_BASE_SEPOLIA: chain.anvil.url,
      EVM_PRIVATE_KEY_TESTNET: chain.facilitator.privateKey,
      ...env,
    },
  });
}

async function ready(run: Run): Promise<string> {
  const [, url = ''] = await run.says(LISTENING);
  await run.says(/"event":"ready","ready":true/);
  return url;
}

async function payment() {
  const { seller, buyer, usdc } = chain;
  const value = 1_000n;
  const payload = await signAuthorization({
    privateKey: buyer.privateKey,
    chainId: 84532,
    token: usdc,
    to: seller.address,
    value,
  });
  return paymentRequestV2({
    network: 'eip155:84532',
    asset: usdc.address,
    payTo: seller.address,
    amount: value,
    payload,
    extra: { name: usdc.name, version: usdc.version },
  });
}

/** Settles on a chain that stands still: the answer cannot come before the test lets the chain go on. */
async function settling(run: Run, url: string) {
  await chain.anvil.pauseMining();
  const answer = fetch(`${url}/settle`, {
    method: 'POST',
    body: JSON.stringify(await payment()),
    headers: { 'content-type': 'application/json', prefer: 'wait=60' },
  });
  answer.catch(() => undefined);
  await run.says(/"event":"settle\.broadcast"/);
  return { answer };
}

describe('serve', () => {
  it('logs JSON only, becomes ready, and ends with status 0 on SIGTERM', async () => {
    const run = serve();
    const url = await ready(run);
    expect((await fetch(`${url}/ready`)).status).toBe(200);
    run.process.kill('SIGTERM');
    expect(await run.ended).toBe(0);
    const lines = run
      .output()
      .trim()
      .split('\n')
      .map((line): Record<string, unknown> => JSON.parse(line));
    expect(lines.map(({ event }) => event)).toEqual(
      expect.arrayContaining(['start', 'http.listening', 'network.open', 'ready', 'stop', 'stopped']),
    );
    expect(run.output()).not.toContain(chain.facilitator.privateKey.slice(2));
    expect(run.output()).not.toContain(chain.anvil.url);
  });

  it('lets a waiting caller have its success after SIGTERM', async () => {
    const run = serve();
    const { answer } = await settling(run, await ready(run));
    run.process.kill('SIGTERM');
    await run.says(/"event":"stop","signal":"SIGTERM"/);
    await chain.anvil.resumeMining();
    expect(await (await answer).json()).toMatchObject({ success: true });
    expect(await run.ended).toBe(0);
  });

  it('tells a caller that the time is up, and remembers its payment', async () => {
    const folder = emptyFolder();
    const run = serve({ SHUTDOWN_SECONDS: '0' }, folder);
    const { answer } = await settling(run, await ready(run));
    run.process.kill('SIGINT');
    const told = (await (await answer).json()) as Record<string, unknown>;
    expect(told).toMatchObject({ success: false, errorReason: 'settlement_pending' });
    expect(await run.ended).toBe(0);
    await chain.anvil.resumeMining();
    const next = serve({}, folder);
    const url = await ready(next);
    await next.says(/"event":"recovered","network":"eip155:84532","payments":1/);
    expect((await fetch(`${url}/settlements/${told['transaction']}`)).status).toBe(200);
  });

  it('ends at once on a second signal', async () => {
    const run = serve();
    const { answer } = await settling(run, await ready(run));
    run.process.kill('SIGTERM');
    await run.says(/"event":"stop"/);
    run.process.kill('SIGTERM');
    expect(await run.ended).toBe(143);
    await expect(answer).rejects.toThrow();
    await chain.anvil.resumeMining();
  });

  it('refuses a journal that another process writes', async () => {
    const folder = emptyFolder();
    await ready(serve({}, folder));
    const second = serve({}, folder);
    expect(await second.ended).toBe(1);
    expect(second.output()).toMatch(/in use by another process/);
  });

  it('says that the port is taken', async () => {
    const port = String(await freePort());
    await ready(serve({ PORT: port }));
    const second = serve({ PORT: port });
    expect(await second.ended).toBe(1);
    expect(second.output()).toMatch(new RegExp(`127\\.0\\.0\\.1:${port} is taken by another program\\. Set PORT`));
  });

  it('listens while its RPC is away, and is not ready', async () => {
    const run = serve({ RPC_URL_BASE_SEPOLIA: `http://127.0.0.1:${await freePort()}/v2/s3cret-s3cret-s3cret` });
    const [, url = ''] = await run.says(LISTENING);
    await run.says(/"event":"ready","ready":false/);
    expect((await fetch(`${url}/health`)).status).toBe(200);
    const answer = await fetch(`${url}/ready`);
    expect(answer.status).toBe(503);
    expect(await answer.text()).toMatch(/the RPC cannot be reached/);
    expect(run.output()).not.toContain('s3cret');
  });
});
