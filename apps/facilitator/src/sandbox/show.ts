/** Shows the sandbox to a newcomer: who is there, one payment step by step, and what to try next. */
import { balanceOf } from '@facilitator/testing';
import { buy } from '../buyer/buy.ts';
import { decimal, purchaseWords, stepWords } from '../buyer/words.ts';
import { VERSION } from '../version.ts';
import type { Sandbox } from './sandbox.ts';
import type { SellerStep } from './seller.ts';

export type Print = (line: string) => void;

export function introduce({ chain, url, reportUrl }: Sandbox, print: Print): void {
  print(`x402 facilitator ${VERSION}, sandbox: a chain on this machine with money to play with.`);
  print('');
  print(`  chain        Base Sepolia, played by anvil    ${chain.anvil.url}`);
  print(`  facilitator  checks payments, pays the gas    ${url}`);
  print(`  seller       sells a report for 0.01 USDC     ${reportUrl}`);
  print(`  buyer        has 1,000 USDC and no ether      ${chain.buyer.address}`);
  print('');
}

/** The facilitator's part, as the seller sees it. */
export function sellerWords({ step, ok, reason, ms }: SellerStep): string {
  return step === 'verify'
    ? `The seller asks the facilitator: POST /verify -> ${ok ? 'isValid true' : reason} (${ms} ms)`
    : `The seller delivers and cashes in: POST /settle -> ${ok ? 'success true' : reason} (${ms} ms)`;
}

/** Puts a number before each line that begins a step; lines that start with a blank belong to the step above. */
export function numbering(print: Print): Print {
  let step = 0;
  return (line) => {
    if (line.startsWith(' ')) return print(`     ${line}`);
    step += 1;
    print(`  ${String(step).padStart(2)}  ${line}`);
  };
}

/** Makes one payment. Answers its transaction, or undefined when it did not go through. */
export async function firstPayment(sandbox: Sandbox, print: Print, tell: Print): Promise<string | undefined> {
  const { chain, reportUrl, config } = sandbox;
  const before = await balances(sandbox);
  const purchase = await buy(reportUrl, {
    privateKey: chain.buyer.privateKey,
    maxPrice: '$1',
    tell: (step) => {
      for (const line of stepWords(step, reportUrl, config.networks)) tell(line);
    },
  });
  for (const line of purchaseWords(purchase)) tell(line);
  const after = await balances(sandbox);
  print('');
  print('                   before            after');
  for (const [index, [name, was]] of before.entries()) {
    print(`      ${name.padEnd(12)} ${was.padEnd(17)} ${after[index]?.[1] ?? ''}`);
  }
  print('');
  return purchase.outcome === 'paid' ? purchase.transaction : undefined;
}

/** Lines to paste. Each works as it stands, while the sandbox is up. */
export function tryNext({ url, reportUrl, paymentPath }: Sandbox, transaction: string, print: Print): void {
  const post = `-H 'content-type: application/json' -d @${paymentPath}`;
  const lines: readonly (readonly [what: string, command: string])[] = [
    ['pay again', `npm run pay -- ${reportUrl}`],
    ['ask without paying', `curl -i ${reportUrl}`],
    ['see that payment', `curl -s ${url}/settlements/${transaction}`],
    ['check a signed payment', `curl -s ${url}/verify ${post}`],
    ['settle it', `curl -s ${url}/settle ${post}`],
    ['see what is served', `curl -s ${url}/supported`],
    ['see everything else', `curl -s -H 'accept: text/plain' ${url}/`],
  ];
  print('It stays up until Ctrl-C. In another terminal:');
  print('');
  for (const [what, command] of lines) print(`  ${what.padEnd(24)} ${command}`);
  print('');
}

async function balances({ chain }: Sandbox): Promise<readonly (readonly [name: string, amount: string])[]> {
  const { anvil, usdc, buyer, seller, facilitator } = chain;
  const [buyers, sellers, wei] = await Promise.all([
    balanceOf(anvil, usdc, buyer.address),
    balanceOf(anvil, usdc, seller.address),
    anvil.rpc('eth_getBalance', [facilitator.address, 'latest']),
  ]);
  return [
    ['buyer', `${decimal(buyers, usdc.decimals)} USDC`],
    ['seller', `${decimal(sellers, usdc.decimals)} USDC`],
    ['facilitator', `${decimal(BigInt(String(wei)), 18)} ETH`],
  ];
}
