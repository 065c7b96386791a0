/** A run in the terminal: a line for each measurement while it goes on, tables at the end. */
import type { Result, Run } from '../result.ts';
import { number, share, type Table } from './table.ts';
import { tablesOf } from './tables.ts';
import { targetsTable } from './targets.ts';

export function terminalReport(run: Run): string {
  return [...tablesOf(run), targetsTable(run)].map(drawTable).join('\n');
}

function drawTable({ title, head, rows }: Table): string {
  const widths = head.map((name, column) => Math.max(name.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd();
  return `\n${title}\n${[head, ...rows].map(line).join('\n')}\n`;
}

/** The one line that a finished measurement leaves. */
export function resultLine({ figures, answers }: Result): string {
  const { startMs, rssMb, payments, paid, perSecond, p50Ms, p99Ms, callsPerPayment, reverted, wrong } = figures;
  if (startMs !== undefined) return `${number(startMs)} ms, ${number(rssMb)} MB`;
  const faults = Object.entries(answers).filter(([reason]) => reason !== 'ok');
  return [
    ...(payments === undefined ? [] : [`${share(paid, payments)} paid`]),
    `${number(perSecond)}/s`,
    `p50 ${number(p50Ms)} ms`,
    `p99 ${number(p99Ms)} ms`,
    ...(callsPerPayment === undefined ? [] : [`${number(callsPerPayment)} chain calls`]),
    ...(reverted ? [`${reverted} reverted`] : []),
    ...(wrong ? [`${wrong} TOLD WRONG`] : []),
    ...faults
      .toSorted(([, a], [, b]) => b - a)
      .slice(0, 3)
      .map(([reason, count]) => `${count} ${reason}`),
  ].join(', ');
}
