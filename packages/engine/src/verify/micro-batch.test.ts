import { expect, it } from 'vitest';
import { createFakeClock, settleDown } from '../../tests/fake-clock.ts';
import { createMicroBatch } from './micro-batch.ts';

/** A chain that answers when told to, and remembers how questions were grouped. */
function batches(most = 3, patienceMs = 25) {
  const clock = createFakeClock();
  const groups: { questions: readonly number[]; answer: () => void }[] = [];
  const ask = createMicroBatch<number, string>({
    clock,
    most,
    patienceMs,
    ask: (questions) =>
      new Promise((resolve) => groups.push({ questions, answer: () => resolve(questions.map((each) => `${each}!`)) })),
  });
  return { clock, groups, ask, sizes: () => groups.map((group) => group.questions.length) };
}

it('asks a lone question at once', async () => {
  const { ask, groups, sizes } = batches();
  const answer = ask(1);
  await settleDown(2);
  expect(sizes()).toEqual([1]);
  groups[0]?.answer();
  expect(await answer).toBe('1!');
});

it('gathers what arrives while a round trip is under way, and sends it when that returns', async () => {
  const { ask, groups, sizes } = batches();
  const first = ask(1);
  await settleDown(2);
  const more = [ask(2), ask(3)];
  await settleDown(2);
  expect(sizes()).toEqual([1]);
  groups[0]?.answer();
  await first;
  await settleDown(2);
  expect(sizes()).toEqual([1, 2]);
  groups[1]?.answer();
  expect(await Promise.all(more)).toEqual(['2!', '3!']);
});

it('does not wait longer than its patience for a slow round trip', async () => {
  const { ask, clock, sizes } = batches();
  void ask(1);
  await settleDown(2);
  void ask(2);
  await clock.advance(24);
  expect(sizes()).toEqual([1]);
  await clock.advance(1);
  expect(sizes()).toEqual([1, 1]);
});

it('sends a full group at once and never a larger one', async () => {
  const { ask, sizes } = batches();
  for (let i = 0; i < 7; i += 1) void ask(i);
  await settleDown(2);
  expect(sizes()).toEqual([3, 3, 1]);
});

it('gives a failure to everyone who shared the round trip, and works afterwards', async () => {
  let fail = true;
  const ask = createMicroBatch<number, number>({
    clock: createFakeClock(),
    most: 5,
    patienceMs: 25,
    ask: async (questions) => {
      if (fail) throw new Error('down');
      return questions;
    },
  });
  const answers = await Promise.allSettled([ask(1), ask(2)]);
  expect(answers.map((answer) => answer.status)).toEqual(['rejected', 'rejected']);
  fail = false;
  expect(await ask(3)).toBe(3);
});
