/** `npm start` without configuration, as a newcomer meets it. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { runCli } from './run-cli.fixture.ts';

it('shows a paid request, offers lines that work, sells again, and leaves nothing behind', async () => {
  const squatter = createServer().listen(0, '127.0.0.1');
  await once(squatter, 'listening');
  onTestFinished(() => void squatter.close());
  const taken = String(Object(squatter.address()).port);
  const run = runCli(['serve'], { env: { PORT: taken } });
  await run.says(/see everything else .*\n/);
  const shown = run.output();
  for (const step of [
    new RegExp(`Port ${taken} is taken, so the facilitator has another one`),
    /402 Payment Required/,
    /0\.01 USDC \(10000 units\) on Base Sepolia \(eip155:84532\) to 0x/,
    /signature 0x/,
    /POST \/verify -> isValid true/,
    /POST \/settle -> success true/,
    /Paid in transaction 0x[0-9a-f]{64}\. Answer 200/,
    /All is well/,
    /buyer +1,000 USDC +999\.99 USDC/,
    /seller +0 USDC +0\.01 USDC/,
    /facilitator +10 ETH +9\.99\d+ ETH/,
  ]) {
    expect(shown).toMatch(step);
  }

  const reportUrl = /npm run pay -- (\S+)/.exec(shown)?.[1] ?? '';
  expect((await fetch(reportUrl)).status).toBe(402);
  const pay = runCli(['pay', reportUrl]);
  expect(await pay.ended, pay.output()).toBe(0);
  expect(pay.output()).toMatch(/Paid in transaction 0x[0-9a-f]{64}/);
  const poor = runCli(['pay', reportUrl, '--max-price', '0.001']);
  expect(await poor.ended).toBe(1);
  expect(poor.output()).toMatch(/No payment was made/);

  const paymentPath = /-d @(\S+)/.exec(shown)?.[1] ?? '';
  const curls = [...shown.matchAll(/ {2}curl .*/g)].map(([line]) => line.trim());
  expect(curls).toHaveLength(6);
  for (const line of curls.slice(1)) {
    const answer = await curl(line);
    expect(answer).toMatch(/"settled"|"isValid":true|"success":true|"kinds"|POST \/verify/);
  }

  run.process.kill('SIGINT');
  expect(await run.ended).toBe(0);
  expect(existsSync(dirname(paymentPath))).toBe(false);
  const after = runCli(['pay', reportUrl]);
  expect(await after.ended).toBe(1);
  expect(after.output()).toMatch(/Set PRIVATE_KEY/);
});

/** Does what the printed line says, by a shell and the real curl. */
async function curl(line: string): Promise<string> {
  const { stdout } = await promisify(execFile)('sh', ['-c', line]);
  return stdout;
}
