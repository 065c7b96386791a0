/** The command line: what there is to type, and what it starts. Each command loads its own part only when it runs. */
import { Command } from 'commander';
import { VERSION } from '../version.ts';

/** Not called --env-file: node takes that one for itself, wherever it stands. */
const ENV_FILE = ['--env <path>', 'read variables from this file instead of .env; real ones win'] as const;

/** Commands set `process.exitCode`, or end the process themselves. */
export function createProgram(): Command {
  const program = new Command('facilitator')
    .description('An x402 payment facilitator: verifies signed stablecoin payments and settles them on chain.')
    .version(VERSION)
    .showHelpAfterError('Try --help.');

  program
    .command('serve')
    .description('Answer verify and settle requests. Without any configuration: the sandbox.')
    .option(...ENV_FILE)
    .addHelpText('after', SERVE_HELP)
    .action(async (options: { readonly env?: string }) => {
      const { serve } = await import('./serve.ts');
      process.exitCode = await serve(options);
    });

  program
    .command('sandbox')
    .description('Run a chain, a facilitator, a shop and a buyer on this machine, and show a payment.')
    .option(...ENV_FILE)
    .addHelpText('after', SANDBOX_HELP)
    .action(async (options: { readonly env?: string }) => {
      const { serveSandbox } = await import('./serve.ts');
      process.exitCode = await serveSandbox(options);
    });

  program
    .command('check')
    .description(
      'Ask every configured network, look at the journal, and show what would be served and why not the rest.',
    )
    .option('--all', 'also list networks that are not configured')
    .option(...ENV_FILE)
    .addHelpText('after', CHECK_HELP)
    .action(async (options: { readonly env?: string; readonly all?: boolean }) => {
      const { check } = await import('./check.ts');
      process.exitCode = await check(options);
    });

  program
    .command('pay')
    .description('Buy what a URL sells with the key in PRIVATE_KEY, showing each step.')
    .argument('<url>', 'something that answers 402 Payment Required')
    .option('--max-price <dollars>', 'pay at most this much for one of the well-known dollar tokens', '1')
    .option(...ENV_FILE)
    .addHelpText('after', PAY_HELP)
    .action(async (url: string, options: { readonly maxPrice: string; readonly env?: string }) => {
      const { pay } = await import('./pay.ts');
      process.exitCode = await pay(url, options);
    });

  return program;
}

const SERVE_HELP = `
Settings are environment variables; .env.example describes all of them.

Examples:
  $ facilitator serve
  $ RPC_URL_BASE_SEPOLIA=https://sepolia.base.org EVM_PRIVATE_KEY_TESTNET=0x... facilitator serve
  $ facilitator serve --env /etc/facilitator.env

SIGTERM and SIGINT stop it in good order; a second one ends it at once.`;

const SANDBOX_HELP = `
Needs no network, no key and no money. PORT changes the facilitator's port.

Example:
  $ facilitator sandbox`;

const CHECK_HELP = `
Ends with status 0 when all that is configured can be served, the keys can pay and the journal can be opened, else 1. Changes
nothing and never shows a value.

Examples:
  $ facilitator check
  $ facilitator check --all --env production.env`;

const PAY_HELP = `
Examples:
  $ facilitator pay http://127.0.0.1:4021/demo/report
  $ PRIVATE_KEY=0x... facilitator pay https://shop.example/report --max-price 0.05`;
