/** `check`: reads the configuration, looks at the journal, asks each network once, and shows what would be served and why not the rest. */
import type { EndpointReport, EvmChain } from '@facilitator/chain-evm';
import { type Opening, systemClock } from '@facilitator/engine';
import { decimal } from '../buyer/words.ts';
import type { Config, NetworkPlan } from '../config/config.ts';
import { loadConfig } from '../config/load-config.ts';
import { openChain } from '../facilitator.ts';
import { openSigners } from '../signers/open-signers.ts';
import { checkJournal } from './check-journal.ts';
import { complain, remark } from './complain.ts';
import { readEnvironment } from './environment.ts';

export type CheckOptions = {
  readonly env?: string;
  /** Also lists networks that nothing was configured for. */
  readonly all?: boolean;
};

/** 0 when everything configured can be served. */
export async function check(options: CheckOptions): Promise<number> {
  const read = readEnvironment(options.env);
  if (read.status === 'unreadable') {
    process.stderr.write(`${read.path} cannot be read.\n`);
    return 1;
  }
  const reading = loadConfig(read.env, process.cwd());
  remark(reading.notices);
  if (reading.status === 'problems') {
    complain(reading.problems);
    return 1;
  }
  if (reading.status === 'unconfigured') {
    process.stdout.write(
      'Nothing is configured: `serve` would run the sandbox. .env.example describes every setting.\n',
    );
    return 0;
  }
  return show(reading.config, options.all === true);
}

async function show(config: Config, all: boolean): Promise<number> {
  const signers = await openSigners(config.served, { clock: systemClock, patienceMs: 0 });
  if (signers.status === 'problems') {
    complain(signers.problems);
    return 1;
  }
  const asked = await Promise.all(
    config.served.map(async (plan) => {
      const { chain, rpc } = openChain(plan, signers.of(plan), config, systemClock);
      const opening = await chain.open();
      const poor = plan.rpc.length > 1 ? poorEndpoints(await rpc.inspect()) : [];
      const dry = opening.status === 'open' ? await drySigners(plan, chain) : [];
      await rpc.close();
      return { plan, chain, opening, lacks: [...poor, ...dry] };
    }),
  );
  signers.close();
  const journal = await checkJournal(config.journalUrl);
  const rows = asked.map(({ plan, chain, opening }) => [
    plan.network.name,
    plan.network.caip2,
    STATUS[opening.status],
    opening.status === 'open'
      ? chain
          .served()
          .map(({ symbol }) => symbol)
          .join(' ')
      : '',
    chain.signers.join(' '),
  ]);
  print(table(['network', 'id', 'status', 'tokens', 'pays gas'], rows));
  for (const { plan, opening, lacks } of asked) {
    for (const remark of [...remarks(opening), ...lacks]) print([`  ${plan.network.name}: ${remark}`]);
  }
  print(journal.lines);
  const rest = config.networks.all().filter(({ caip2 }) => config.unserved.has(caip2));
  if (all) {
    print(['', 'Not served:']);
    print(
      table(
        ['network', 'id', 'why'],
        rest.map(({ name, caip2 }) => [name, caip2, config.unserved.get(caip2) ?? '']),
      ),
    );
  } else print(['', `${rest.length} known networks are not configured; --all lists them.`]);
  const served = asked.every(({ opening, lacks }) => opening.status === 'open' && lacks.length === 0);
  return served && journal.ok ? 0 : 1;
}

/** Endpoints that would not be asked. */
function poorEndpoints(reports: readonly EndpointReport[]): readonly string[] {
  return reports
    .filter(({ standing }) => standing !== 'good')
    .map(({ number, why }) => `address ${number} of ${reports.length} is not asked: ${why}`);
}

/** Of every native coin on EVM networks. */
const NATIVE_DIGITS = 18;

/** Keys that cannot pay for the dearest payment, or hold less than the operator wants them to. */
async function drySigners({ network, spending }: NetworkPlan, chain: EvmChain): Promise<readonly string[]> {
  const least = spending.floor ?? chain.ceiling();
  const words = (amount: bigint) => `${decimal(amount, NATIVE_DIGITS)} ${network.native}`;
  try {
    const balances = await chain.balances();
    return chain.signers.flatMap((signer, index) => {
      const balance = balances[index] ?? 0n;
      if (balance >= least) return [];
      const limit = spending.floor === undefined ? 'what one payment may cost' : 'its floor';
      return [`${signer} holds ${words(balance)}, less than ${limit}, ${words(least)}: fund it`];
    });
  } catch {
    return ['what its keys hold could not be asked'];
  }
}

const STATUS = { open: 'ok', closed: 'WRONG', unreachable: 'NO ANSWER' } as const satisfies Record<
  Opening['status'],
  string
>;

function remarks(opening: Opening): readonly string[] {
  return opening.status === 'open' ? opening.notes : [opening.reason];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  return [head, ...rows].map((row) =>
    `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd(),
  );
}

function print(lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}
