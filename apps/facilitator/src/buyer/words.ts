/** A purchase in words for somebody who sees x402 for the first time. */
import type { Networks } from '@facilitator/protocol';
import type { BuyingStep, Price, Purchase } from './buy.ts';

/** Lines for one step. */
export function stepWords(step: BuyingStep, url: string, networks: Networks): readonly string[] {
  switch (step.step) {
    case 'asked':
      return step.status === 402
        ? [`The buyer asks for ${url}`, '  and the seller answers 402 Payment Required, with its price:']
        : [`The buyer asks for ${url}`, `  and the seller answers ${step.status}.`];
    case 'priced':
      return [`  ${priceWords(step.price, networks)} to ${step.price.payTo}, x402 version ${step.version}.`];
    case 'signed': {
      const { nonce, validBefore, signature } = signedParts(step.payload);
      return [
        `The buyer ${step.payer} signs a permission to take it. No transaction, no gas.`,
        `  signature ${shortened(signature)}, nonce ${shortened(nonce)}, good until ${clockTime(validBefore)} UTC`,
        'The buyer asks again and sends the permission along.',
      ];
    }
  }
}

/** Lines for how it ended. */
export function purchaseWords(purchase: Purchase): readonly string[] {
  switch (purchase.outcome) {
    case 'free':
      return [`Nothing was paid. Answer ${purchase.status}:`, `  ${cut(purchase.body)}`];
    case 'paid':
      return [`Paid in transaction ${purchase.transaction}. Answer ${purchase.status}:`, `  ${cut(purchase.body)}`];
    case 'refused':
      return [`The payment was refused with ${purchase.status}: ${purchase.why}`];
    case 'failed':
      return [`No payment was made: ${purchase.why}`];
  }
}

/** `0.01 USDC (10000 units) on Base Sepolia`. */
export function priceWords({ network: spelling, asset, amount }: Price, networks: Networks): string {
  const network = networks.resolve(spelling);
  const token = network && networks.token(network, asset);
  const where = network === undefined ? spelling : `${network.label} (${network.caip2})`;
  if (token === undefined || !/^\d+$/.test(amount)) return `${amount} units of ${asset} on ${where}`;
  return `${decimal(BigInt(amount), token.decimals)} ${token.symbol} (${amount} units) on ${where}`;
}

/** Atomic units as people write them. */
export function decimal(units: bigint, decimals: number): string {
  const digits = units.toString().padStart(decimals + 1, '0');
  const whole = digits.slice(0, digits.length - decimals).replace(/\B(?=(\d{3})+$)/g, ',');
  const fraction = digits.slice(digits.length - decimals).replace(/0+$/, '');
  return fraction === '' ? whole : `${whole}.${fraction}`;
}

function signedParts(payload: Readonly<Record<string, unknown>>) {
  const authorization = payload['authorization'];
  const field = (name: string) => {
    const value: unknown =
      typeof authorization === 'object' && authorization !== null ? Reflect.get(authorization, name) : undefined;
    return typeof value === 'string' ? value : '';
  };
  const signature = payload['signature'];
  return {
    nonce: field('nonce'),
    validBefore: field('validBefore'),
    signature: typeof signature === 'string' ? signature : '',
  };
}

function shortened(hex: string): string {
  return hex.length > 14 ? `${hex.slice(0, 8)}…${hex.slice(-4)}` : hex;
}

function clockTime(seconds: string): string {
  const ms = Number(seconds) * 1000;
  return Number.isFinite(ms) && ms < 8.64e15 ? new Date(ms).toISOString().slice(11, 19) : seconds;
}

function cut(text: string): string {
  const line = text.trim();
  return line.length > 500 ? `${line.slice(0, 500)}…` : line;
}
