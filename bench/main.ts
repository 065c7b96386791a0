/** npm run bench: this facilitator and the reference, side by side, and what came of it in tables and files. */
import { readFile, writeFile } from 'node:fs/promises';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { ContenderName } from './facilitators/contender.ts';
import { describeMachine } from './machine.ts';
import { type Extent, planRun } from './plan.ts';
import { markdownReport } from './report/markdown.ts';
import { number } from './report/table.ts';
import { resultLine, terminalReport } from './report/terminal.ts';
import { GROUPS, type Group, type Run, runSchema } from './result.ts';
import { measureAll } from './run.ts';

type Flags = {
  readonly quick?: boolean;
  readonly full?: boolean;
  readonly only?: readonly Group[];
  readonly contenders?: readonly ContenderName[];
  readonly seconds?: number;
  readonly json?: string;
  readonly docs?: string;
  readonly render?: string;
};

const fileHere = (path: string) => relative(process.cwd(), fileURLToPath(new URL(path, import.meta.url)));
const QUIET_LOAD = 0.5;
const NAMES: readonly ContenderName[] = ['ours', 'reference', 'reference-nonces'];

const program = new Command('bench')
  .description('Measures this facilitator and the reference side by side, each on chains of its own.')
  .addOption(new Option('--quick', 'about two minutes; numbers to look at, not to quote').conflicts('full'))
  .option('--full', 'also how costs grow, up to 10,000 payments in flight and 4 keys')
  .addOption(new Option('--only <groups...>', 'only these groups').choices(GROUPS))
  .addOption(new Option('--contenders <names...>', 'only these facilitators').choices(NAMES))
  .option('--seconds <n>', 'seconds of each closed loop', positive)
  .option('--json <file>', 'where the figures go; default for a complete run: bench/results.json')
  .option('--docs <file>', 'where the page goes; default for a complete run: docs/benchmarks.md')
  .addOption(
    new Option('--render <file>', 'measure nothing: make tables and page from an earlier run').conflicts('only'),
  )
  .action(main);

// A pipe that is closed (`| head`) ends the showing, not the run.
process.stdout.on('error', () => undefined);
await program.parseAsync();

async function main(flags: Flags): Promise<void> {
  const { quick, full, only, contenders = NAMES, seconds, render } = flags;
  // Part of the picture must not replace the whole by accident.
  const complete = !quick && only === undefined && flags.contenders === undefined && seconds === undefined;
  const docs = flags.docs ?? (complete ? fileHere('../docs/benchmarks.md') : undefined);
  if (render !== undefined) {
    await publish(runSchema.parse(JSON.parse(await readFile(render, 'utf8'))), undefined, docs);
    return;
  }
  const extent: Extent = quick ? 'quick' : full ? 'full' : 'usual';
  const cases = planRun({
    extent,
    ...(only === undefined ? {} : { only }),
    ...(seconds === undefined ? {} : { seconds }),
  });
  const run = await measure(cases, contenders);
  if (run === undefined) return;
  const whole = complete && run.faults.length === 0;
  await publish(run, flags.json ?? (whole ? fileHere('./results.json') : undefined), whole ? docs : flags.docs);
}

async function measure(
  cases: ReturnType<typeof planRun>,
  contenders: readonly ContenderName[],
): Promise<Run | undefined> {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      say('\nstopping what was started\n');
      stop.abort(new Error(signal));
    });
  }
  const faults: string[] = [];
  const date = new Date().toISOString().slice(0, 10);
  const started = performance.now();
  const machine = await describeMachine();
  if (machine.load > QUIET_LOAD) say(`load average ${number(machine.load)}: others are at work, so times say little\n`);
  try {
    const results = await measureAll({
      cases,
      contenders,
      signal: stop.signal,
      onStart: ({ number: at, of, case: { title }, contender: { label } }) =>
        say(`[${at}/${of}] ${title}: ${label} … `),
      onResult: (_step, result) => say(`${resultLine(result)}\n`),
      onFault({ case: { id }, contender: { name } }, fault) {
        say(`FAILED: ${fault instanceof Error ? fault.message : fault}\n`);
        faults.push(`${id} ${name}`);
      },
    });
    const command = ['npm run bench', ...(process.argv.length > 2 ? ['--', ...process.argv.slice(2)] : [])].join(' ');
    return { date, command, seconds: (performance.now() - started) / 1_000, machine, faults, results: [...results] };
  } catch (fault) {
    if (!stop.signal.aborted) throw fault;
    process.exitCode = 130;
    return undefined;
  }
}

async function publish(run: Run, json: string | undefined, docs: string | undefined): Promise<void> {
  say(terminalReport(run));
  if (json !== undefined) await writeFile(json, `${JSON.stringify(run, null, 2)}\n`);
  if (docs !== undefined) await writeFile(docs, markdownReport(run));
  if (run.faults.length > 0) {
    say(`\nNot measured: ${run.faults.join(', ')}.\n`);
    process.exitCode = 1;
  }
  const files = [json, docs].filter((file) => file !== undefined);
  say(`\n${number(run.seconds)} s.${files.length > 0 ? ` Written: ${files.join(', ')}.` : ''}\n`);
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('It must be a number above 0.');
  return value;
}

function say(text: string): void {
  process.stdout.write(text);
}
