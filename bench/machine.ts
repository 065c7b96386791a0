/** What the numbers were measured on. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem, type } from 'node:os';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { BASE_SEPOLIA, startAnvil } from '@facilitator/testing';
import { z } from 'zod';
import type { Run } from './result.ts';

export async function describeMachine(): Promise<Run['machine']> {
  const anvil = await startAnvil({ chainId: BASE_SEPOLIA, wallets: 0, detached: true });
  try {
    const processors = cpus();
    return {
      cpu: processors[0]?.model.trim() ?? 'unknown',
      cores: processors.length,
      memoryGb: Math.round(totalmem() / 2 ** 30),
      system: `${type()} ${release()}`,
      node: process.version,
      commit: await commit(),
      load: loadavg()[0] ?? 0,
      chain: z.string().parse(await anvil.rpc('web3_clientVersion')),
      reference: ['@x402/core', '@x402/evm', 'viem', 'express'].map((name) => `${name} ${versionOf(name)}`).join(', '),
    };
  } finally {
    await anvil.stop();
  }
}

/** The commit that is measured, marked when files differ from it. */
async function commit(): Promise<string> {
  try {
    const args = ['describe', '--always', '--dirty', '--exclude', '*'];
    const { stdout } = await promisify(execFile)('git', args, { cwd: fileURLToPath(new URL('.', import.meta.url)) });
    return stdout.trim();
  } catch {
    return 'unknown';
  }
}

function versionOf(name: string): string {
  // The file itself: not every package exports its package.json.
  const path = fileURLToPath(new URL(`../node_modules/${name}/package.json`, import.meta.url));
  return z.object({ version: z.string() }).parse(JSON.parse(readFileSync(path, 'utf8'))).version;
}
