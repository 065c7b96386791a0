import { expect, it } from 'vitest';
import { createFakeClock } from '../../tests/fake-clock.ts';
import type { Rhythm } from '../ports/chain.ts';
import { createGathering } from './gathering.ts';

function gather(rhythm: Rhythm | undefined, early = 0) {
  const clock = createFakeClock();
  const over: number[] = [];
  const start = clock.milliseconds();
  const gathering = createGathering({
    chain: { rhythm: () => rhythm },
    clock: { ...clock, after: (ms, act) => clock.after(ms - early, act) },
    onOver: () => over.push(clock.milliseconds() - start),
  });
  return { clock, gathering, over };
}

it('is on for a moment when the next block is far, and then lets go once', async () => {
  const { clock, gathering, over } = gather({ sinceLast: 100, untilNext: 900 });
  expect(gathering.isOn()).toBe(true);
  await clock.advance(24);
  expect([gathering.isOn(), over]).toEqual([true, []]);
  await clock.advance(1);
  expect([gathering.isOn(), over]).toEqual([false, [25]]);
  expect(gathering.isOn()).toBe(true);
});

it('lets go when the timer is early: nobody asks again', async () => {
  const { clock, gathering, over } = gather({ sinceLast: 100, untilNext: 900 }, 1);
  expect(gathering.isOn()).toBe(true);
  await clock.advance(24);
  expect([gathering.isOn(), over]).toEqual([false, [24]]);
});

it('is not taken up by those who come long after', async () => {
  const { clock, gathering } = gather({ sinceLast: 100, untilNext: 900 });
  gathering.isOn();
  await clock.advance(500);
  expect(gathering.isOn()).toBe(true);
});

it.each([undefined, { sinceLast: 950, untilNext: 50 }])(
  'is never on when the next block may be near (%j)',
  (rhythm) => {
    const { gathering } = gather(rhythm);
    expect(gathering.isOn()).toBe(false);
  },
);

it('lets nobody go who is not there any more', async () => {
  const { clock, gathering, over } = gather({ sinceLast: 0, untilNext: 1_000 });
  gathering.isOn();
  gathering.stop();
  await clock.advance(1_000);
  expect(over).toEqual([]);
});
