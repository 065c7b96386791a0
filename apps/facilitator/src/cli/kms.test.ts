/** The whole program with keys in AWS KMS, as a process: it pays, it says what is wrong, and it tells nobody the names. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  balanceOf,
  freePort,
  type KmsDouble,
  type KmsKey,
  paymentRequestV2,
  type SandboxChain,
  signAuthorization,
  startKmsDouble,
  startSandboxChain,
} from '@facilitator/testing';
import type { Address } from 'viem';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { emptyFolder, type Run, runCli } from './run-cli.fixture.ts';

/** How often the SDK asks before it gives up. */
const ATTEMPTS = 3;
const VALUE = 1_000n;

let chain: SandboxChain;
let kms: KmsDouble;
beforeAll(async () => {
  [chain, kms] = await Promise.all([startSandboxChain(), startKmsDouble()]);
});
afterAll(() => Promise.all([chain.stop(), kms.stop()]));

/** A key with money for gas. */
async function key(): Promise<KmsKey & { readonly address: Address }> {
  const made = kms.createKey();
  const { address } = made;
  if (address === undefined) throw new Error('no address');
  await chain.anvil.setBalance(address, 10n ** 18n);
  return { ...made, address };
}

/** Region, endpoint and credentials as the AWS SDK finds them. */
function aws(): Record<string, string> {
  return {
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_ENDPOINT_URL_KMS: kms.url,
    AWS_REGION: kms.region,
    AWS_ACCESS_KEY_ID: kms.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: kms.credentials.secretAccessKey,
  };
}

function run(command: 'serve' | 'check', env: Record<string, string>, folder = emptyFolder()): Run {
  const common = { HOST: '127.0.0.1', PORT: '0', RPC_URL_BASE_SEPOLIA: chain.anvil.url };
  return runCli([command], { folder, env: { ...common, ...env } });
}

async function ready(serving: Run): Promise<string> {
  const [, url = ''] = await serving.says(/"event":"http\.listening","url":"(http:[^"]+)"/);
  await serving.says(/"event":"ready","ready":true/);
  return url;
}

async function settle(url: string): Promise<Record<string, unknown>> {
  const { seller, buyer, usdc } = chain;
  const terms = { to: seller.address, value: VALUE };
  const payload = await signAuthorization({ privateKey: buyer.privateKey, chainId: 84532, token: usdc, ...terms });
  const body = paymentRequestV2({
    network: 'eip155:84532',
    asset: usdc.address,
    payTo: seller.address,
    amount: VALUE,
    payload,
    extra: { name: usdc.name, version: usdc.version },
  });
  const headers = { 'content-type': 'application/json', prefer: 'wait=30' };
  const response = await fetch(`${url}/settle`, { method: 'POST', body: JSON.stringify(body), headers });
  return (await response.json()) as Record<string, unknown>;
}

async function senderOf(transaction: unknown): Promise<string> {
  const { from } = (await chain.anvil.rpc('eth_getTransactionByHash', [transaction])) as { from: string };
  return from;
}

async function providers(url: string): Promise<unknown> {
  const health = (await (await fetch(`${url}/health`)).json()) as { providers: unknown };
  return health.providers;
}

function expectNoNames(text: string, ...keys: readonly KmsKey[]): void {
  const { accessKeyId, secretAccessKey } = kms.credentials;
  const names = keys.flatMap(({ arn, keyId }) => [arn, keyId]);
  for (const secret of [...names, '111122223333', accessKeyId, secretAccessKey, kms.url]) {
    expect(text).not.toContain(secret);
  }
}

describe('serve', () => {
  it('pays with a key in KMS alone', async () => {
    const payer = await key();
    const serving = run('serve', { ...aws(), EVM_KMS_KEYS_TESTNET: payer.arn, SIGNER_TYPE: 'aws-kms' });
    const url = await ready(serving);
    expect(await providers(url)).toEqual([{ network: 'base-sepolia', address: payer.address }]);

    const before = await balanceOf(chain.anvil, chain.usdc, chain.seller.address);
    const answer = await settle(url);
    expect(answer).toMatchObject({ success: true, payer: chain.buyer.address });
    expect(await senderOf(answer['transaction'])).toBe(payer.address.toLowerCase());
    expect(await balanceOf(chain.anvil, chain.usdc, chain.seller.address)).toBe(before + VALUE);

    serving.process.kill('SIGTERM');
    expect(await serving.ended).toBe(0);
    expectNoNames(serving.output(), payer);
  });

  it('shares the work between a key in KMS and one in a variable', async () => {
    const payer = await key();
    const local = chain.facilitator;
    const keys = { EVM_KMS_KEYS_TESTNET: payer.keyId, EVM_PRIVATE_KEY_TESTNET: local.privateKey };
    const serving = run('serve', { ...aws(), ...keys });
    const url = await ready(serving);
    expect(await providers(url)).toEqual([
      { network: 'base-sepolia', address: local.address },
      { network: 'base-sepolia', address: payer.address },
    ]);
    // While the first is on its way, the other lane is the idle one.
    await chain.anvil.pauseMining();
    const sent = kms.calls.filter((call) => call === 'Sign').length;
    const answers = [settle(url)];
    await serving.says(/"settle\.broadcast"/);
    answers.push(settle(url));
    await serving.says(/(?:"settle\.broadcast"[\s\S]*){2}/);
    await chain.anvil.resumeMining();
    const senders = await Promise.all(answers.map(async (answer) => senderOf((await answer)['transaction'])));
    expect(new Set(senders)).toEqual(new Set([local.address.toLowerCase(), payer.address.toLowerCase()]));
    expect(kms.calls.filter((call) => call === 'Sign')).toHaveLength(sent + 1);
  });

  it('settles a payment whose signing failed at first', async () => {
    const payer = await key();
    const serving = run('serve', { ...aws(), EVM_KMS_KEYS_TESTNET: payer.keyId });
    const url = await ready(serving);
    kms.disturb('reset', ATTEMPTS);
    const answer = await settle(url);
    expect(answer).toMatchObject({ success: true });
    expect(serving.output()).toMatch(/"event":"fault".*AWS KMS does not sign for 0x[0-9a-fA-F]{40}/);
    expectNoNames(serving.output(), payer);
  });

  it('waits for a key service that does not answer yet', async () => {
    const payer = await key();
    kms.disturb('reset', ATTEMPTS);
    const serving = run('serve', { ...aws(), EVM_KMS_KEYS_TESTNET: payer.keyId });
    const url = await ready(serving);
    expect(serving.output()).toMatch(
      /"event":"kms\.retry","faults":\["In AWS KMS, the key cannot be used: the service/,
    );
    expect(await providers(url)).toEqual([{ network: 'base-sepolia', address: payer.address }]);
  });

  it('can be stopped while it waits', async () => {
    const nobody = { AWS_ENDPOINT_URL_KMS: `http://127.0.0.1:${await freePort()}` };
    const serving = run('serve', { ...aws(), ...nobody, EVM_KMS_KEYS_TESTNET: 'alias/payer' });
    await serving.says(/"event":"kms\.retry"/);
    serving.process.kill('SIGTERM');
    expect(await serving.ended).toBe(0);
  });

  it('does not start with a key that cannot be used', async () => {
    const [good, bad] = [await key(), await key()];
    bad.setState('PendingDeletion');
    const serving = run('serve', { ...aws(), EVM_KMS_KEYS_TESTNET: `${good.arn},${bad.arn}` });
    expect(await serving.ended).toBe(1);
    expect(serving.output()).toMatch(
      /One setting has to be mended:\n\n {2}EVM_KMS_KEYS_TESTNET: In AWS KMS, key 2 of 2 /,
    );
    expectNoNames(serving.output(), good, bad);
  });

  it('finds what .env says of AWS', async () => {
    const payer = await key();
    const folder = emptyFolder();
    const lines = Object.entries({ ...aws(), EVM_KMS_KEYS_TESTNET: payer.keyId }).map((entry) => entry.join('='));
    writeFileSync(join(folder, '.env'), lines.join('\n'));
    const url = await ready(run('serve', {}, folder));
    expect(await providers(url)).toEqual([{ network: 'base-sepolia', address: payer.address }]);
  });
});

describe('the AWS SDK', () => {
  /** Says on standard error that it is loaded. */
  const watch =
    'data:text/javascript,import{registerHooks}from"node:module";registerHooks({resolve(name,at,next){' +
    'if(name.startsWith("@aws-sdk/"))process.stderr.write("SDK LOADED");return next(name,at)}})';

  it('is loaded only where a key in KMS is configured', async () => {
    const payer = await key();
    const rpc = { RPC_URL_BASE_SEPOLIA: chain.anvil.url };
    const start = async (keys: Record<string, string>) => {
      const checked = runCli(['check'], { env: { ...aws(), ...rpc, ...keys }, node: ['--import', watch] });
      expect(await checked.ended).toBe(0);
      return checked.output();
    };
    expect(await start({ EVM_PRIVATE_KEY_TESTNET: chain.facilitator.privateKey })).not.toContain('SDK LOADED');
    expect(await start({ EVM_KMS_KEYS_TESTNET: payer.arn })).toContain('SDK LOADED');
  });
});

describe('check', () => {
  it('shows the addresses of keys in KMS', async () => {
    const payer = await key();
    const checked = run('check', { ...aws(), EVM_KMS_KEYS_TESTNET: payer.arn });
    expect(await checked.ended).toBe(0);
    expect(checked.output()).toMatch(new RegExp(`base-sepolia +eip155:84532 +ok .* ${payer.address}\n`));
    expectNoNames(checked.output(), payer);
  });

  it('shows what is wrong with them', async () => {
    const payer = await key();
    const { AWS_REGION: _, ...nowhere } = aws();
    const checked = run('check', { ...nowhere, EVM_KMS_KEYS_TESTNET: payer.keyId });
    expect(await checked.ended).toBe(1);
    expect(checked.output()).toMatch(/EVM_KMS_KEYS_TESTNET: .* no AWS region is known\. Set AWS_REGION/);
    expectNoNames(checked.output(), payer);
  });
});
