/** docs/benchmarks.md, written from a run and nothing else. */
import type { Run } from '../result.ts';
import { number, type Table } from './table.ts';
import { tablesOf } from './tables.ts';
import { targetsTable } from './targets.ts';

export function markdownReport(run: Run): string {
  const { date, command, seconds, machine } = run;
  return `# Benchmarks

This page is written by \`npm run bench\`, which measures this facilitator and the reference side by side: \`x402Facilitator\` of
@x402/core with \`ExactEvmScheme\` of @x402/evm behind express, wired as its documentation shows. The reference takes part a second
time with one line more, viem's \`nonceManager\` on its account, because without it parallel settlements collide.

| | |
|---|---|
| measured | ${date}, in ${Math.ceil(seconds / 60)} minutes, by \`${command}\` |
| machine | ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGb} GB, ${machine.system}; load average before: ${number(machine.load)} |
| software | commit ${machine.commit}, Node ${machine.node.replace(/^v/, '')}, ${machine.chain}; reference: ${machine.reference} |

Facilitator, chain and load generator are processes of their own that share these cores: compare ratios, not absolute numbers. Each
measurement has a fresh chain (Base Sepolia's id, a token like USDC at its address), a fresh facilitator and, for this one, a
fresh SQLite journal on disk. 100 payers pay 10 sellers who were paid before; all payments are different and signed ahead.
Time is measured straight against the chain, calls are counted in a second pass through a proxy; with delayed calls, and in bursts
and at saturation, the proxy is always there. “Paid” is read from the chain, never from answers; “told wrong” counts answers that
contradict it. Last row of each group: this facilitator's figure as a multiple of the reference's.

${[targetsTable(run), ...tablesOf(run)].map(section).join('\n')}`;
}

function section({ title, note, head, rows }: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  const rule = `|---|${'---:|'.repeat(head.length - 1)}`;
  return `## ${title}\n\n${note}\n\n${[line(head), rule, ...rows.map(line)].join('\n')}\n`;
}
