/** `check`: reads the configuration, asks each network once, and shows what would be served and why not the rest. */
import { type Opening, systemClock } from '@facilitator/engine';
import type { Config } from '../config/config.ts';
import { loadConfig } from '../config/load-config.ts';
import { openChain } from '../facilitator.ts';
import { openSigners } from '../signers/open-signers.ts';
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
      await rpc.close();
      return { plan, chain, opening };
    }),
  );
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
  for (const { plan, opening } of asked) {
    for (const remark of remarks(opening)) print([`  ${plan.network.name}: ${remark}`]);
  }
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
  return asked.every(({ opening }) => opening.status === 'open') ? 0 : 1;
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
