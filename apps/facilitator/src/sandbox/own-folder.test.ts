import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { emptyFolder } from '../cli/run-cli.fixture.ts';
import { ownFolder } from './own-folder.ts';

function left(parent: string, name: string): string {
  const folder = join(parent, name);
  mkdirSync(folder);
  writeFileSync(join(folder, 'journal.db'), 'x');
  return folder;
}

it('removes what killed sandboxes left, and nothing of those that live or of others', async () => {
  const parent = emptyFolder();
  const living = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  onTestFinished(() => void living.kill('SIGKILL'));
  const killed = spawn(process.execPath, ['-e', '']);
  await once(killed, 'close');
  const stale = left(parent, `x402-sandbox-${killed.pid}-abc123`);
  const kept = [
    left(parent, `x402-sandbox-${living.pid}-abc123`),
    left(parent, `x402-sandbox-${process.pid}-abc123`),
    left(parent, 'x402-sandbox-abc123'),
    left(parent, `other-${killed.pid}-abc123`),
  ];
  const made = ownFolder(parent);
  expect(existsSync(stale)).toBe(false);
  for (const folder of [...kept, made]) expect(existsSync(folder)).toBe(true);
  expect(made).toContain(`x402-sandbox-${process.pid}-`);
});
