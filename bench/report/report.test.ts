import { expect, test } from 'vitest';
import { type Result, type Run, runSchema } from '../result.ts';
import { markdownReport } from './markdown.ts';
import { tablesOf } from './tables.ts';
import { targetsTable } from './targets.ts';
import { resultLine, terminalReport } from './terminal.ts';

const setting = { callers: 100, blocks: 'instant', delayMs: 0, keys: 1, gasLimit: 30_000_000, seconds: 4 } as const;
const verified = (contender: Result['contender'], perSecond: number, callsPerPayment: number): Result => ({
  case: 'verify/0ms/100',
  group: 'verify',
  contender,
  setting,
  figures: { sent: 8, ok: 8, perSecond, p50Ms: 20, p99Ms: 99, callsPerPayment },
  answers: { ok: 8 },
  calls: { eth_call: callsPerPayment },
});

const run: Run = {
  date: '2026-11-21',
  command: 'npm run bench',
  seconds: 61,
  machine: {
    cpu: 'a processor',
    cores: 2,
    memoryGb: 23,
    system: 'Linux 6',
    node: 'v24.21.0',
    commit: 'abc1234',
    chain: 'anvil/v1.7.1',
    reference: '@x402/evm 2.27.0',
    load: 0.2,
  },
  faults: [],
  results: [verified('ours', 3_000, 0.02), verified('reference', 240, 3)],
};

test('the last row of a case compares with the reference', () => {
  const [table] = tablesOf(run);
  expect(table?.head).toEqual(['', 'per second', 'p50 ms', 'p99 ms', 'chain calls', 'CPU ms', 'peak MB']);
  expect(table?.rows).toEqual([
    ['100 callers: this facilitator', '3,000', '20', '99', '0.02', '–', '–'],
    ['100 callers: reference', '240', '20', '99', '3', '–', '–'],
    ['ours to reference', '× 12.5', '× 1', '× 1', '× 0.007', '–', '–'],
  ]);
});

test('a target is met, missed or not measured', () => {
  const rows = targetsTable({ ...run, results: [verified('ours', 3_000, 0.2), verified('reference', 240, 3)] }).rows;
  const verdict = (start: string) => rows.find(([what]) => what?.startsWith(start))?.slice(2);
  expect(verdict('verify per second')).toEqual(['12.5 times', 'yes']);
  expect(verdict('chain calls of a verify, 100')).toEqual(['0.2', 'no']);
  expect(verdict('start to ready')).toEqual(['–', '–']);
});

test('the page names machine, command and figures, and the run survives its JSON file', () => {
  const page = markdownReport(runSchema.parse(JSON.parse(JSON.stringify(run))));
  for (const part of ['a processor', 'anvil/v1.7.1', '`npm run bench`', '2026-11-21', '| × 12.5 |']) {
    expect(page).toContain(part);
  }
  expect(terminalReport(run)).toContain('100 callers: this facilitator');
});

test('a line says what went wrong', () => {
  const bad = { ...verified('reference', 1, 3), answers: { ok: 3, invalid_transaction_state: 5 } };
  expect(resultLine({ ...bad, figures: { ...bad.figures, payments: 8, paid: 3, reverted: 2, wrong: 1 } })).toBe(
    '3 / 8 paid, 1/s, p50 20 ms, p99 99 ms, 3 chain calls, 2 reverted, 1 TOLD WRONG, 5 invalid_transaction_state',
  );
});
