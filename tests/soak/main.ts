/** npm run soak: minutes of payments through real servers, and an account of every answer. Ends with 1 when one was not true. */
import { Command, InvalidArgumentError, Option } from 'commander';
import { type SoakOptions, USUAL } from './options.ts';
import { faultsOf, report } from './report.ts';
import { soak } from './soak.ts';

type Flags = {
  readonly minutes?: number;
  readonly payments?: number;
  readonly rate: number;
  readonly chaos?: boolean;
  readonly killEvery?: number;
  readonly store: SoakOptions['store'];
  readonly servers: number;
  readonly blockTime: number;
  readonly seed: number;
  readonly keep?: string;
};

const PROGRESS_SECONDS = 5;
const MOST_SHOWN = 40;

const program = new Command('soak')
  .description('Runs servers under load for a while and holds every answer against the chain.')
  .option('--minutes <n>', 'how long new payments are sent; 10 unless --payments is given', positive)
  .option('--payments <n>', 'how many payments are sent at most', positive)
  .option('--rate <n>', 'new payments each second', positive, USUAL.rate)
  .option('--chaos', 'changing bad weather between the servers and the chain')
  .option('--kill-every <seconds>', 'kill -9 of a server about that often', positive)
  .addOption(new Option('--store <name>', 'the journal').choices(['SQLite', 'PostgreSQL']).default(USUAL.store))
  .option('--servers <n>', 'processes on one journal; more than one imply PostgreSQL', positive, USUAL.servers)
  .option('--block-time <seconds>', 'seconds between blocks', positive, USUAL.blockTime)
  .option('--seed <n>', 'decides payments, weather and kills', positive, USUAL.seed)
  .option('--keep <folder>', 'leave the servers’ logs there')
  .action(main);

await program.parseAsync();

async function main(flags: Flags): Promise<void> {
  const { minutes, payments, killEvery, servers, keep } = flags;
  const options: SoakOptions = {
    ...{ rate: flags.rate, servers, seed: flags.seed, chaos: flags.chaos ?? false },
    blockTime: flags.blockTime,
    store: servers > 1 ? 'PostgreSQL' : flags.store,
    forMs: minutes !== undefined ? minutes * 60_000 : payments === undefined ? USUAL.forMs : Number.POSITIVE_INFINITY,
    payments: payments ?? USUAL.payments,
    ...(killEvery === undefined ? {} : { killEveryMs: killEvery * 1_000 }),
    ...(keep === undefined ? {} : { keep }),
  };
  const end = new AbortController();
  process.once('SIGINT', () => end.abort());
  let shown = 0;
  const result = await soak(
    options,
    ({ seconds, sent, ended, requests, kills, faults, memory }) => {
      if (seconds < shown) return;
      shown = seconds + PROGRESS_SECONDS;
      say(
        `${seconds.toFixed(0).padStart(5)} s  ${sent} sent, ${ended} ended, ${requests} requests, ${kills} kills, ${faults} faults, ${memory.toFixed(0)} MB`,
      );
    },
    end.signal,
  );
  say(`\n${report(result)}\n`);
  const faults = faultsOf(result);
  for (const fault of faults.slice(0, MOST_SHOWN)) say(fault);
  say(faults.length === 0 ? 'All is well.' : `${faults.length} faults.`);
  process.exitCode = faults.length === 0 ? 0 : 1;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('must be a number above 0');
  return value;
}
