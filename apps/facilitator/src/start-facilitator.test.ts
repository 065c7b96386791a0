/** The wired facilitator on a real chain, and what it says when its chain is not the right one or not there. */
import { createServer } from 'node:http';
import {
  balanceOf,
  freePort,
  paymentRequestV2,
  type SandboxChain,
  signAuthorization,
  startSandboxChain,
} from '@facilitator/testing';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type Config, secretsOf } from './config/config.ts';
import { readConfig } from './config/read-config.ts';
import { createLog } from './meter/log.ts';
import { createScrub } from './meter/secrets.ts';
import { startFacilitator } from './start-facilitator.ts';

let chain: SandboxChain;
beforeAll(async () => {
  chain = await startSandboxChain();
});
afterAll(() => chain.stop());

function configOf(env: Record<string, string>): Config {
  const reading = readConfig({
    JOURNAL_URL: ':memory:',
    EVM_PRIVATE_KEY_TESTNET: chain.facilitator.privateKey,
    ...env,
  });
  if (reading.status !== 'config') throw new Error(reading.status);
  return reading.config;
}

/** Starts it with a log that the test can read. */
async function start(env: Record<string, string>) {
  const config = configOf(env);
  const lines: string[] = [];
  const log = createLog('trace', createScrub(secretsOf(config)), { write: (line) => lines.push(line) });
  const running = await startFacilitator(config, { log });
  onTestFinished(() => running.close());
  return { ...running, logged: () => lines.join('') };
}

async function request() {
  const { seller, buyer, usdc } = chain;
  const value = 25_000n;
  const payload = await signAuthorization({
    privateKey: buyer.privateKey,
    chainId: 84532,
    token: usdc,
    to: seller.address,
    value,
  });
  const extra = { name: usdc.name, version: usdc.version };
  return paymentRequestV2({
    network: 'eip155:84532',
    asset: usdc.address,
    payTo: seller.address,
    amount: value,
    payload,
    extra,
  });
}

async function post(url: string, body: unknown) {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(url, { method: 'POST', body: JSON.stringify(body), headers });
  const answer = (await response.json()) as Record<string, unknown>;
  return { status: response.status, answer, text: JSON.stringify(answer) };
}

async function get(url: string) {
  const response = await fetch(url);
  return { status: response.status, text: await response.text() };
}

describe('startFacilitator', () => {
  it('takes a payment from verify to evidence, and shows it', async () => {
    const here = await start({ RPC_URL_BASE_SEPOLIA: chain.anvil.url });
    expect((await get(`${here.url}/ready`)).status).toBe(200);
    const before = await balanceOf(chain.anvil, chain.usdc, chain.seller.address);
    const body = await request();
    expect((await post(`${here.url}/verify`, body)).answer).toEqual({ isValid: true, payer: chain.buyer.address });

    const { answer } = await post(`${here.url}/settle`, body);
    expect(answer).toMatchObject({
      success: true,
      payer: chain.buyer.address,
      network: 'eip155:84532',
      amount: '25000',
    });
    expect(await balanceOf(chain.anvil, chain.usdc, chain.seller.address)).toBe(before + 25_000n);
    expect((await get(`${here.url}/settlements/${answer['transaction']}`)).text).toContain('"state":"settled"');

    const again = await post(`${here.url}/settle`, body);
    expect(again.answer).toMatchObject({ success: false, errorReason: 'duplicate_settlement' });
    const metrics = await get(`${here.url}/metrics`);
    expect(metrics.text).toContain('facilitator_settlements_total{network="eip155:84532",outcome="settled"} 1');
    expect(here.logged()).not.toContain(body.paymentPayload.payload.signature);
    expect(here.logged()).not.toContain(chain.facilitator.privateKey.slice(2));
  });

  it('closes in good order, twice if asked', async () => {
    const here = await start({ RPC_URL_BASE_SEPOLIA: chain.anvil.url });
    await Promise.all([here.close(), here.close()]);
    await expect(fetch(`${here.url}/health`)).rejects.toThrow();
  });

  it('switches a network off whose RPC serves another chain, and says so everywhere', async () => {
    const here = await start({ RPC_URL_AVALANCHE_FUJI: chain.anvil.url });
    const says = /the RPC serves chain 84532, and this network is chain 43113/;
    const ready = await get(`${here.url}/ready`);
    expect(ready.status).toBe(503);
    expect(ready.text).toMatch(says);
    expect((await get(`${here.url}/health`)).text).toMatch(says);
    expect((await get(`${here.url}/networks`)).text).toMatch(says);
    expect(here.logged()).toMatch(says);
  });

  it('lets neither RPC address nor key out, whatever the RPC does', async () => {
    const secret = 'k3y-in-the-path-0123456789';
    const leaky = createServer((incoming, outgoing) => {
      outgoing.statusCode = 401;
      outgoing.end(
        `{"jsonrpc":"2.0","id":0,"error":{"code":-32000,"message":"bad key for http://127.0.0.1${incoming.url}"}}`,
      );
    });
    const port = await new Promise<number>((resolve) => {
      leaky.listen(0, '127.0.0.1', () => resolve(Number(Object(leaky.address()).port)));
    });
    onTestFinished(() => void leaky.close());
    for (const origin of [`http://127.0.0.1:${port}`, `http://user:${secret}@127.0.0.1:${await freePort()}`]) {
      const here = await start({ RPC_URL_BASE_SEPOLIA: `${origin}/v2/${secret}?apikey=${secret}` });
      const body = await request();
      const answers = [
        await post(`${here.url}/verify`, body),
        await post(`${here.url}/settle`, body),
        await get(`${here.url}/networks`),
        await get(`${here.url}/ready`),
        await get(`${here.url}/health`),
        await get(`${here.url}/metrics`),
      ];
      expect(answers.map(({ status }) => status)).toEqual([503, 503, 200, 503, 200, 200]);
      const told = answers.map(({ text }) => text).join('\n') + here.logged();
      expect(told).not.toContain(secret);
      expect(told).not.toContain(chain.facilitator.privateKey.slice(2));
      expect(told).not.toContain(body.paymentPayload.payload.signature);
    }
  });
});
