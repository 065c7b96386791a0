import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startSandboxChain } from '@facilitator/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { VERSION } from '../version.ts';
import { emptyFolder, runCli } from './run-cli.fixture.ts';

const KEY = '4c'.repeat(32);

async function run(...[args, options]: Parameters<typeof runCli>) {
  const started = runCli(args, options);
  return { status: await started.ended, text: started.output() };
}

describe('help', () => {
  it('lists the commands', async () => {
    const { status, text } = await run(['--help']);
    expect(status).toBe(0);
    for (const command of ['serve', 'sandbox', 'check', 'pay']) expect(text).toMatch(new RegExp(`^  ${command} `, 'm'));
  });

  it.each(['serve', 'sandbox', 'check', 'pay'])('%s has help with an example', async (command) => {
    const { status, text } = await run([command, '--help']);
    expect(status).toBe(0);
    expect(text).toMatch(new RegExp(`Examples?:\\n  \\$ .*facilitator ${command}`));
  });

  it('tells the version', async () => {
    expect(await run(['--version'])).toEqual({ status: 0, text: `${VERSION}\n` });
  });

  it('guesses what was meant', async () => {
    const { status, text } = await run(['srve']);
    expect(status).toBe(1);
    expect(text).toContain('Did you mean serve?');
  });

  it('says which Node is needed', async () => {
    const older = 'data:text/javascript,Object.defineProperty(process,"versions",{value:{node:"22.19.0"}})';
    const { status, text } = await run(['serve'], { node: ['--import', older] });
    expect(status).toBe(1);
    expect(text).toMatch(/^Node 24 or newer is needed, and this is 22\.19\.0\./);
  });
});

describe.each(['serve', 'check'])('%s with a wrong configuration', (command) => {
  it('names the variable, its form and the fix, and no value', async () => {
    const env = { RPC_URL_BASE: 'ftp://l3aked', EVM_PRIVATE_KEY_MAINNET: `${KEY}ff`, PORT: 'l3aked' };
    const { status, text } = await run([command], { env });
    expect(status).toBe(1);
    expect(text).toMatch(/^3 settings have to be mended:/);
    expect(text).toMatch(/PORT: must be a whole number from 0 to 65535\. Set it to something like PORT=8080/);
    expect(text).toMatch(/EVM_PRIVATE_KEY_MAINNET: each key must be 64 hexadecimal digits.* has 66 digits/);
    expect(text).toMatch(
      /RPC_URL_BASE: must be an http or https URL, or several separated by commas\. Set it to something like RPC_URL_BASE=https:/,
    );
    expect(text).not.toMatch(/l3aked|4c4c/);
  });
});

describe('serve', () => {
  it('does not come up with play money where production was meant', async () => {
    const { status, text } = await run(['serve'], { env: { NODE_ENV: 'production' } });
    expect(status).toBe(1);
    expect(text).toMatch(/Neither an RPC nor a key is configured/);
  });

  it('says that the file of --env cannot be read', async () => {
    const { status, text } = await run(['serve', '--env', 'none.env']);
    expect(status).toBe(1);
    expect(text).toMatch(/none\.env cannot be read/);
  });
});

describe('check', () => {
  it('shows what would be served and why not', async () => {
    const env = { RPC_URL_BASE_SEPOLIA: 'http://127.0.0.1:9/v2/s3cret-s3cret-s3cret', EVM_PRIVATE_KEY_TESTNET: KEY };
    const { status, text } = await run(['check', '--all'], { env });
    expect(status).toBe(1);
    expect(text).toMatch(/base-sepolia +eip155:84532 +NO ANSWER +0x[0-9a-fA-F]{40}\n/);
    expect(text).toMatch(/base-sepolia: the RPC cannot be reached/);
    expect(text).toMatch(/\n {2}base +eip155:8453 +RPC_URL_BASE and EVM_PRIVATE_KEY_MAINNET are not set\./);
    expect(text).not.toMatch(/s3cret|4c4c/);
  });

  it('says what the keys lack, and what a start would find in the journal', async () => {
    const chain = await startSandboxChain();
    onTestFinished(() => chain.stop());
    const folder = emptyFolder();
    const env = {
      RPC_URL_BASE_SEPOLIA: chain.anvil.url,
      EVM_PRIVATE_KEY_TESTNET: `${chain.facilitator.privateKey},${KEY}`,
      JOURNAL_URL: 'sqlite:journal.db',
    };
    const poor = await run(['check'], { env, folder });
    expect(poor.status).toBe(1);
    expect(poor.text).toMatch(
      /base-sepolia: 0x[0-9a-fA-F]{40} holds 0 ETH, less than what one payment may cost, [\d.]+ ETH: fund it\n/,
    );
    expect(poor.text).toContain('journal: SQLite, empty: the first start makes its tables\n');
    expect(existsSync(join(folder, 'journal.db'))).toBe(false);

    const rich = { ...env, EVM_PRIVATE_KEY_TESTNET: chain.facilitator.privateKey };
    expect(await run(['check'], { env: rich, folder })).toMatchObject({ status: 0 });
    expect(await run(['check'], { env: { ...rich, BALANCE_FLOOR_BASE_SEPOLIA: '11' }, folder })).toMatchObject({
      status: 1,
      text: expect.stringContaining('holds 10 ETH, less than its floor, 11 ETH: fund it'),
    });

    const serving = runCli(['serve'], { env: { ...rich, HOST: '127.0.0.1', PORT: '0' }, folder });
    await serving.says(/"event":"ready","ready":true/);
    expect(await run(['check'], { env: rich, folder })).toMatchObject({
      status: 0,
      text: expect.stringContaining('journal: SQLite, in use by a facilitator that runs; it was let be\n'),
    });
    serving.process.kill('SIGTERM');
    await serving.ended;
    expect((await run(['check'], { env: rich, folder })).text).toContain('journal: SQLite, nothing unfinished\n');
  });

  it('fails where the journal cannot be opened', async () => {
    const env = {
      RPC_URL_BASE_SEPOLIA: 'http://127.0.0.1:9',
      EVM_PRIVATE_KEY_TESTNET: KEY,
      JOURNAL_URL: 'postgres://user:s3cret-s3cret@127.0.0.1:9/db',
    };
    const { status, text } = await run(['check'], { env });
    expect(status).toBe(1);
    expect(text).toMatch(/journal: The journal cannot be opened: .*ECONNREFUSED/);
    expect(text).not.toContain('s3cret');
  });

  it('has nothing against no configuration', async () => {
    expect(await run(['check'])).toMatchObject({ status: 0, text: expect.stringContaining('the sandbox') });
  });

  it('reads .env in the working folder, below real variables', async () => {
    const folder = emptyFolder();
    writeFileSync(join(folder, '.env'), 'PORT=l3aked\nLOG_LEVEL=alsowrong\n');
    const { text } = await run(['check'], { folder, env: { PORT: '9000' } });
    expect(text).toMatch(/LOG_LEVEL: must be/);
    expect(text).not.toMatch(/PORT: must be/);
  });
});

describe('pay', () => {
  it.each([
    [['pay', 'not-an-address'], {}, /http or https address/],
    [['pay', 'http://127.0.0.1:9/x'], {}, /Set PRIVATE_KEY/],
    [['pay', 'http://127.0.0.1:9/x'], { PRIVATE_KEY: 'l3aked' }, /PRIVATE_KEY: each key must be 64 hexadecimal digits/],
    [['pay', 'http://127.0.0.1:9/x', '--max-price', 'much'], { PRIVATE_KEY: KEY }, /--max-price must be/],
    [['pay', 'http://127.0.0.1:9/x'], { PRIVATE_KEY: KEY }, /No payment was made: fetch failed/],
  ])('%j %j ends with a reason', async (args, env, says) => {
    const { status, text } = await run(args, { env });
    expect(status).toBe(1);
    expect(text).toMatch(says);
    expect(text).not.toMatch(/l3aked|4c4c/);
  });
});
