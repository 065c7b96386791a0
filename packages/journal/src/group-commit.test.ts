import type { Clock } from '@facilitator/engine';
import { expect, test } from 'vitest';
import { createGroupCommit, type Queued } from './group-commit.ts';

const KINDS = { claim: {}, deliver: {} } as const;

function write(kind: keyof typeof KINDS, ...touches: readonly string[]): Queued {
  return { kind: KINDS[kind], touches };
}

/** A queue whose commits end when the test says so, on a clock that moves when the test says so. */
function start(options: { windowMs?: number; most?: number } = {}) {
  let now = 1_000;
  const timers: { readonly at: number; readonly act: () => void }[] = [];
  const clock: Clock = {
    now: () => BigInt(now) / 1_000n,
    milliseconds: () => now,
    after(ms, act) {
      timers.push({ at: now + ms, act });
      return () => undefined;
    },
  };
  const groups: (readonly Queued[])[] = [];
  const ends: (() => void)[] = [];
  const commits = createGroupCommit<Queued>({
    clock,
    windowMs: options.windowMs ?? 0,
    most: options.most ?? 100,
    commit(group) {
      groups.push(group);
      const { promise, resolve } = Promise.withResolvers<void>();
      ends.push(resolve);
      return promise;
    },
  });
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  return {
    ...commits,
    groups,
    timers,
    turn,
    async end() {
      ends.shift()?.();
      await turn();
      await turn();
    },
    pass(ms: number) {
      now += ms;
      for (const timer of timers.splice(0)) if (timer.at <= now) timer.act();
    },
  };
}

test('writes of one turn share a commit, without a timer', async () => {
  const { add, groups, turn, timers } = start({ windowMs: 2 });
  const writes = [write('claim', 'a'), write('claim', 'b'), write('deliver', 'c')];
  for (const each of writes) add(each);
  await turn();
  expect(groups).toEqual([writes]);
  expect(timers).toEqual([]);
});

test('writes that come while a commit runs share the next', async () => {
  const { add, groups, turn, end } = start();
  add(write('claim', 'a'));
  await turn();
  add(write('claim', 'b'));
  await turn();
  add(write('claim', 'c'));
  await turn();
  expect(groups).toHaveLength(1);
  await end();
  expect(groups.map((group) => group.length)).toEqual([1, 2]);
});

test('a lone writer never waits, a shared commit opens the window', async () => {
  const { add, groups, turn, end, pass, timers } = start({ windowMs: 2 });
  add(write('claim', 'a'));
  await turn();
  await end();
  add(write('claim', 'b'));
  add(write('claim', 'c'));
  await turn();
  expect(groups).toHaveLength(2);
  await end();
  add(write('claim', 'd'));
  await turn();
  expect(timers).toMatchObject([{ at: 1_002 }]);
  add(write('claim', 'e'));
  pass(2);
  expect(groups.map((group) => group.length)).toEqual([1, 2, 2]);
});

test('the window closes by itself', async () => {
  const { add, groups, turn, end, pass, timers } = start({ windowMs: 2 });
  add(write('claim', 'a'));
  add(write('claim', 'b'));
  await turn();
  await end();
  pass(3);
  add(write('claim', 'c'));
  await turn();
  expect(timers).toEqual([]);
  expect(groups).toHaveLength(2);
});

test('two kinds of write on one id never share a commit', async () => {
  const { add, groups, turn, end } = start({ windowMs: 1_000 });
  const writes = [
    write('claim', 'a'),
    write('claim', 'a', 'b'),
    write('deliver', 'c'),
    write('deliver', 'b'),
    write('claim', 'd'),
    write('claim', 'b'),
  ];
  for (const each of writes) add(each);
  await turn();
  await end();
  await end();
  expect(groups).toEqual([writes.slice(0, 3), writes.slice(3, 5), writes.slice(5)]);
});

test('a group has a largest size', async () => {
  const { add, groups, turn, end } = start({ most: 2 });
  for (const id of ['a', 'b', 'c', 'd', 'e']) add(write('claim', id));
  await turn();
  for (let left = 0; left < 3; left++) await end();
  expect(groups.map((group) => group.length)).toEqual([2, 2, 1]);
});

test('is idle when all that was added is committed', async () => {
  const { add, idle, turn, end } = start();
  await idle();
  let resting = false;
  add(write('claim', 'a'));
  void idle().then(() => {
    resting = true;
  });
  await turn();
  add(write('claim', 'b'));
  await end();
  expect(resting).toBe(false);
  await end();
  expect(resting).toBe(true);
});
