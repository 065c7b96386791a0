import type { Clock } from '@facilitator/engine';
import { expect, it } from 'vitest';
import { createLog } from './meter/log.ts';
import { createMetrics } from './meter/metrics.ts';
import { createScrub } from './meter/secrets.ts';
import { startPruning } from './pruning.ts';

const NOW = 1_700_000_000n;
const DAY = 86_400n;

/** Runs the rounds by hand: each answers as the test says. */
function rounds(keepDays: number) {
  const due: { readonly ms: number; readonly act: () => void }[] = [];
  const asked: { readonly before: bigint; readonly most: number }[] = [];
  const answers: (number | Error)[] = [];
  const written: string[] = [];
  const clock: Clock = {
    now: () => NOW,
    milliseconds: () => 0,
    after(ms, act) {
      const timer = { ms, act };
      due.push(timer);
      return () => due.splice(due.indexOf(timer), 1);
    },
  };
  const metrics = createMetrics({ processMetrics: false });
  const stop = startPruning({
    journal: {
      async prune(before, most) {
        asked.push({ before, most });
        const answer = answers.shift() ?? 0;
        if (answer instanceof Error) throw answer;
        return answer;
      },
    },
    clock,
    log: createLog('info', createScrub([]), { write: (line) => written.push(line) }),
    metrics,
    keepDays,
  });
  return {
    asked,
    stop,
    due,
    metrics,
    lines: () => written.map((line): Record<string, unknown> => JSON.parse(line)),
    /** Lets the next timer fire; answers how long it waited. */
    async round(answer: number | Error): Promise<number> {
      answers.push(answer);
      const [timer] = due.splice(0, 1);
      if (timer === undefined) throw new Error('nothing is due');
      timer.act();
      await new Promise(setImmediate);
      return timer.ms;
    },
  };
}

it('forgets what is older than the days to keep, in batches with short pauses, then rests', async () => {
  const here = rounds(90);
  const rest = await here.round(100);
  const pause = await here.round(100);
  await here.round(7);
  expect(pause).toBeLessThan(rest);
  expect(await here.round(0)).toBe(rest);
  expect(here.asked.map(({ before }) => before)).toEqual(Array(4).fill(NOW - 90n * DAY));
  expect(here.lines()).toEqual([expect.objectContaining({ event: 'journal.pruned', payments: 207, level: 'info' })]);
  expect(await here.metrics.registry.metrics()).toContain('facilitator_pruned_payments_total 207');
});

it('goes on after a failure of the journal', async () => {
  const here = rounds(1);
  await here.round(new Error('disk full'));
  expect(here.lines()).toEqual([expect.objectContaining({ event: 'journal.unpruned', level: 'warn' })]);
  await here.round(3);
  expect(here.asked).toHaveLength(2);
});

it('ends with its journal', async () => {
  const here = rounds(1);
  await here.round(100);
  await here.stop();
  expect(here.due).toEqual([]);
});

it('keeps everything where it is told to', () => {
  expect(rounds(0).due).toEqual([]);
});
