/** Which tables a run gives, and how its figures stand in them. */

import { CONTENDERS } from '../facilitators/contenders.ts';
import type { Figures, Group, Result, Run } from '../result.ts';
import { EMPTY, number, percent, share, type Table, times } from './table.ts';

type Column = {
  readonly name: string;
  readonly cell: (result: Result) => string;
  /** Compared by the last row of a case. */
  readonly ratio?: keyof Figures;
};

const figure = (name: string, key: keyof Figures): Column => ({
  name,
  cell: ({ figures }) => number(figures[key]),
  ratio: key,
});

const RATE = figure('per second', 'perSecond');
const P50 = figure('p50 ms', 'p50Ms');
const P99 = figure('p99 ms', 'p99Ms');
const CALLS = figure('chain calls', 'callsPerPayment');
const CPU = figure('CPU ms', 'cpuMsPerPayment');
const MEMORY = figure('peak MB', 'peakRssMb');
const GAS = figure('gas', 'gasPerPayment');
const PAID: Column = { name: 'paid / sent', cell: ({ figures: { paid, payments } }) => share(paid, payments) };
const WRONG: Column = { name: 'told wrong', cell: ({ figures }) => number(figures.wrong) };
const TRANSACTIONS: Column = { name: 'transactions', cell: ({ figures }) => number(figures.transactions) };
const REVERTED: Column = { name: 'reverted', cell: ({ figures }) => number(figures.reverted) };
const PER_BLOCK = figure('per block', 'paidPerBlock');
const FULL: Column = { name: 'of block gas', cell: ({ figures }) => percent(figures.blockUse) };
const LONE: Column = {
  name: 'of a lone payment',
  cell: ({ figures: { gasPerPayment, loneGas } }) => (loneGas ? times(gasPerPayment, loneGas) : EMPTY),
};

const per =
  'Per payment: calls to the chain (each of a batch counted), gas, processor time of the facilitator’s process.';

type Plan = { readonly title: string; readonly note: string; readonly columns: readonly Column[] };

const PLANS: Readonly<Record<Group, Plan>> = {
  start: {
    title: 'Start',
    note: 'From the start of the process until it takes payments, and what is then resident.',
    columns: [figure('ms to ready', 'startMs'), figure('MB', 'rssMb')],
  },
  verify: {
    title: 'POST /verify',
    note: `Different payments in a closed loop. ${per}`,
    columns: [RATE, P50, P99, CALLS, CPU, MEMORY],
  },
  settle: {
    title: 'POST /settle',
    note: `Different payments in a closed loop, one key. Paid: by the balances of the sellers. ${per}`,
    columns: [PAID, RATE, P50, P99, CALLS, GAS, CPU, MEMORY, WRONG],
  },
  mixed: {
    title: 'Good payments among replays',
    note: 'As many replays of payments that were settled before as good ones, in turns. Sent counts the good ones.',
    columns: [PAID, RATE, P50, P99, TRANSACTIONS, REVERTED, WRONG],
  },
  same: {
    title: 'One payment many times at once',
    note: 'One transaction is needed. Each that reverts is paid by the facilitator.',
    columns: [
      { name: 'told success', cell: ({ figures }) => number(figures.ok) },
      TRANSACTIONS,
      REVERTED,
      { name: 'wasted gas', cell: ({ figures }) => number(figures.wastedGas) },
      WRONG,
    ],
  },
  burst: {
    title: 'Different payments at the same moment',
    note: 'One key, 1-second blocks. Callers are ready to wait a minute.',
    columns: [PAID, RATE, P50, P99, CALLS, GAS, REVERTED, WRONG],
  },
  saturation: {
    title: 'Saturation',
    note: 'More callers than a block has room for, one key, 1-second blocks. Per block: while payments kept coming.',
    columns: [PAID, RATE, PER_BLOCK, FULL, P50, P99, GAS, LONE, CALLS, CPU, MEMORY, WRONG],
  },
  growth: {
    title: 'Growth with payments in flight and keys',
    note: 'This facilitator alone, 1-second blocks of 300 million gas, so that the chain is not what limits.',
    columns: [PAID, RATE, PER_BLOCK, P50, P99, CALLS, GAS, CPU, MEMORY, WRONG],
  },
};

/** A table for each group that was measured. */
export function tablesOf({ results }: Run): readonly Table[] {
  const groups = Map.groupBy(results, ({ group }) => group);
  return [...groups].map(([group, members]) => {
    const { title, note, columns } = PLANS[group];
    const cases = [...Map.groupBy(members, ({ case: id }) => id).values()];
    return {
      title,
      note,
      head: ['', ...columns.map(({ name }) => name)],
      rows: cases.flatMap((one) => rowsOf(one, columns)),
    };
  });
}

function rowsOf(results: readonly Result[], columns: readonly Column[]): readonly (readonly string[])[] {
  const alone = results.length === 1;
  const rows = results.map((result) => [
    alone ? describe(result) : `${describe(result)}: ${CONTENDERS[result.contender].label}`,
    ...columns.map(({ cell }) => cell(result)),
  ]);
  const own = results.find(({ contender }) => contender === 'ours');
  // The stronger of the two: without a nonce manager there is nothing to compare.
  const other = results.findLast(({ contender }) => contender !== 'ours');
  if (own === undefined || other === undefined) return rows;
  const ratio = columns.map(({ ratio: key }) => (key ? times(own.figures[key], other.figures[key]) : ''));
  if (ratio.every((cell) => cell === '')) return rows;
  return [...rows, [`ours to ${CONTENDERS[other.contender].label}`, ...ratio]];
}

function describe({ group, setting: { callers, blocks, delayMs, keys, gasLimit } }: Result): string {
  const delay = delayMs > 0 ? `, +${delayMs} ms a call` : '';
  const callersText = callers === 1 ? '1 caller' : `${number(callers)} callers`;
  switch (group) {
    case 'start':
      return 'start';
    case 'verify':
      return callersText + delay;
    case 'settle':
      return `${blocks === 'instant' ? 'instant mining' : '1-second blocks'}${delay}, ${callersText}`;
    case 'mixed':
      return callersText;
    case 'same':
      return `${number(callers)} times`;
    case 'burst':
      return `${number(callers)} payments`;
    case 'saturation':
      return `${number(gasLimit / 1_000_000)} million gas`;
    case 'growth':
      return `${number(callers)} in flight, ${keys} ${keys === 1 ? 'key' : 'keys'}`;
  }
}
