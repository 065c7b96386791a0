import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, onTestFinished, test, vi } from 'vitest';
import { startChild } from './child.ts';

const alive = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

const forever = { command: process.execPath, args: ['-e', 'setInterval(() => {}, 1000)'], onOutput: () => undefined };

test('a child lives until it is stopped, and what it complained of is kept', async () => {
  const said = Promise.withResolvers<string>();
  const child = await startChild({
    command: process.execPath,
    args: ['-e', 'console.error("no good"); setInterval(() => {}, 1000)'],
    onOutput: said.resolve,
  });
  onTestFinished(() => child.stop('SIGKILL'));
  expect(await said.promise).toBe('no good\n');
  expect(alive(child.pid)).toBe(true);
  await child.stop('SIGTERM');
  expect(alive(child.pid)).toBe(false);
  expect(child.complaint()).toBe('no good');
  await child.stop('SIGTERM');
});

test('a command that does not exist is a fault', async () => {
  await expect(startChild({ ...forever, command: '/nowhere/at-all' })).rejects.toThrow('ENOENT');
});

test('a child does not outlive a parent that is killed', async () => {
  const script = `
    import { startChild } from ${JSON.stringify(new URL('./child.ts', import.meta.url).href)};
    const child = await startChild({
      command: process.execPath, args: ['-e', 'setInterval(() => {}, 1000)'], onOutput() {}, detached: true,
    });
    console.log(child.pid);
  `;
  const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => {
    parent.kill('SIGKILL');
  });
  const [output] = await once(parent.stdout, 'data');
  const pid = Number(output);
  expect(alive(pid)).toBe(true);
  parent.kill('SIGKILL');
  await vi.waitFor(() => expect(alive(pid)).toBe(false), { timeout: 20_000 });
});

test('a forgotten child does not keep its parent from ending', async () => {
  const script = `
    import { guard } from ${JSON.stringify(new URL('./guard.ts', import.meta.url).href)};
    import { spawn } from 'node:child_process';
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    child.unref();
    guard(child.pid);
    console.log(child.pid);
  `;
  const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [output] = await once(parent.stdout, 'data');
  expect(await once(parent, 'exit')).toEqual([0, null]);
  await vi.waitFor(() => expect(alive(Number(output))).toBe(false), { timeout: 20_000 });
});
