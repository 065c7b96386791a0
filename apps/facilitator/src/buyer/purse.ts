/** Where the sandbox leaves its buyer's key, so that `pay` in another terminal finds it. Play money only. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PrivateKey } from '../config/config.ts';
import { readKeyPool } from '../config/key-pool.ts';

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);

/** One purse for each port that a sandbox sells on. */
function pursePath(port: number): string {
  return join(tmpdir(), `x402-sandbox-buyer-${port}`);
}

/** Only this user may read it. */
export function leavePurse(port: number, key: PrivateKey): void {
  takePurse(port);
  writeFileSync(pursePath(port), key, { mode: 0o600, flag: 'wx' });
}

export function takePurse(port: number): void {
  rmSync(pursePath(port), { force: true });
}

/** The key for a sandbox's URL; undefined for any other. */
export function findPurse(url: URL): PrivateKey | undefined {
  if (!LOOPBACK.has(url.hostname)) return undefined;
  try {
    const pool = readKeyPool('the purse', [readFileSync(pursePath(Number(url.port)), 'utf8').trim()]);
    return pool.status === 'keys' ? pool.keys[0] : undefined;
  } catch {
    return undefined;
  }
}
