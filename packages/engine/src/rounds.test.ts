import { expect, it } from 'vitest';
import { createFakeClock } from '../tests/fake-clock.ts';
import { createRounds } from './rounds.ts';

function walk(isIdle = () => false) {
  const clock = createFakeClock();
  const start = clock.milliseconds();
  const looks: number[] = [];
  const faults: unknown[] = [];
  const ends: PromiseWithResolvers<void>[] = [];
  const rounds = createRounds({
    clock,
    look() {
      looks.push(clock.milliseconds() - start);
      const end = Promise.withResolvers<void>();
      ends.push(end);
      return end.promise;
    },
    pause: () => 100,
    isIdle,
    onFault: (error) => faults.push(error),
  });
  return { clock, rounds, looks, faults, ends };
}

it('looks at the earliest time that anybody asked for, and a pause after each look', async () => {
  const { clock, rounds, looks, ends } = walk();
  rounds.within(50);
  rounds.within(20);
  rounds.within(80);
  await clock.advance(60);
  expect(looks).toEqual([20]);
  ends[0]?.resolve();
  await clock.advance(150);
  expect(looks).toEqual([20, 160]);
});

it('never looks twice at once: who asks meanwhile joins', async () => {
  const { clock, rounds, looks, ends } = walk();
  const first = rounds.now();
  const second = rounds.now();
  rounds.within(1);
  await clock.advance(50);
  expect(looks).toEqual([0]);
  ends[0]?.resolve();
  await Promise.all([first, second]);
});

it('a look that fails is told, and followed by the next', async () => {
  const { clock, rounds, looks, faults, ends } = walk();
  const first = rounds.now();
  ends[0]?.reject(new Error('no answer'));
  await first;
  await clock.advance(100);
  expect([looks, faults]).toEqual([[0, 100], [new Error('no answer')]]);
});

it('a look that was asked for takes the place of the one that was planned', async () => {
  const { clock, rounds, looks, ends } = walk();
  rounds.within(30);
  const first = rounds.now();
  ends[0]?.resolve();
  await first;
  await clock.advance(99);
  expect(looks).toEqual([0]);
});

it('plans nothing where there is nothing to look at', async () => {
  const { clock, rounds, looks } = walk(() => true);
  rounds.within(10);
  await rounds.now();
  await clock.advance(1_000);
  expect(looks).toEqual([]);
});

it('what became idle before its look is looked at again when it is not', async () => {
  let idle = false;
  const { clock, rounds, looks } = walk(() => idle);
  rounds.within(10);
  idle = true;
  await clock.advance(20);
  idle = false;
  rounds.within(30);
  await clock.advance(40);
  expect(looks).toEqual([50]);
});

it('stops when the look under way has ended, for good', async () => {
  const { clock, rounds, looks, ends } = walk();
  void rounds.now();
  let stopped = false;
  const stop = rounds.stop().then(() => {
    stopped = true;
  });
  await clock.advance(10);
  expect(stopped).toBe(false);
  ends[0]?.resolve();
  await stop;
  rounds.within(1);
  await rounds.now();
  await clock.advance(1_000);
  expect(looks).toEqual([0]);
});
