/** The sandbox's folder under the system's temporary one. Its name has the process's number, so that a later one can tidy up. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const NAME = /^x402-sandbox-(\d+)-/;

/** Makes a folder, after removing those that killed sandboxes left. */
export function ownFolder(parent: string = tmpdir()): string {
  for (const name of readdirSync(parent)) {
    const pid = NAME.exec(name)?.[1];
    // Another user's folder stays: it cannot be removed, and need not be.
    if (pid !== undefined && !lives(Number(pid))) tryToRemove(join(parent, name));
  }
  return mkdtempSync(join(parent, `x402-sandbox-${process.pid}-`));
}

function lives(pid: number): boolean {
  try {
    // Signal 0 only asks.
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function tryToRemove(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true });
  } catch {
    // Whoever owns it will.
  }
}
