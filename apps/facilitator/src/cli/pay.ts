/** `pay URL`: buys what a URL sells, showing each step. */
import { createNetworks } from '@facilitator/protocol';
import { buy } from '../buyer/buy.ts';
import { findPurse } from '../buyer/purse.ts';
import { purchaseWords, stepWords } from '../buyer/words.ts';
import { type PrivateKey, problemLine } from '../config/config.ts';
import { readKeyPool } from '../config/key-pool.ts';
import { readEnvironment } from './environment.ts';

export type PayOptions = { readonly maxPrice: string; readonly env?: string };

/** 0 when it was paid, or cost nothing. */
export async function pay(target: string, { maxPrice, env }: PayOptions): Promise<number> {
  const url = URL.parse(target);
  if (url === null || !/^https?:$/.test(url.protocol))
    return fail('Give the http or https address of something for sale.');
  const dollars = /^\$?(\d+(?:\.\d+)?)$/.exec(maxPrice)?.[1];
  if (dollars === undefined) return fail('--max-price must be an amount of dollars such as 0.50.');
  const buyer = findBuyer(url, env);
  if (buyer.status === 'none') return fail(buyer.why);
  const networks = createNetworks();
  const purchase = await buy(target, {
    privateKey: buyer.key,
    maxPrice: `$${dollars}`,
    tell: (step) => print(stepWords(step, target, networks)),
  });
  print(purchaseWords(purchase));
  return purchase.outcome === 'paid' || purchase.outcome === 'free' ? 0 : 1;
}

type Buyer = { readonly status: 'key'; readonly key: PrivateKey } | { readonly status: 'none'; readonly why: string };

/** A key on the command line would be seen by everybody on the machine, so there is no option for it. */
function findBuyer(url: URL, envFile: string | undefined): Buyer {
  const read = readEnvironment(envFile);
  if (read.status === 'unreadable') return { status: 'none', why: `${read.path} cannot be read.` };
  const given = read.env['PRIVATE_KEY']?.trim() ?? '';
  if (given === '') {
    const key = findPurse(url);
    const why = 'Set PRIVATE_KEY to the key that shall pay. Only the address of a running sandbox needs none.';
    return key === undefined ? { status: 'none', why } : { status: 'key', key };
  }
  const pool = readKeyPool('PRIVATE_KEY', [given]);
  if (pool.status === 'problems') return { status: 'none', why: pool.problems.map(problemLine).join('\n') };
  const [key] = pool.keys;
  return key === undefined ? { status: 'none', why: 'PRIVATE_KEY holds no key.' } : { status: 'key', key };
}

function print(lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}

function fail(message: string): number {
  process.stderr.write(`${message}\n`);
  return 1;
}
