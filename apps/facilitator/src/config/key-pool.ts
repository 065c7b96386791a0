/** Reads the private keys of one variable without ever repeating them. */
import type { PrivateKey, Problem } from './config.ts';

/** Private keys of secp256k1 lie between 1 and this, exclusive. */
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

const FORM = 'each key must be 64 hexadecimal digits, with or without 0x';

export type KeyPool =
  | { readonly status: 'keys'; readonly keys: readonly PrivateKey[] }
  | { readonly status: 'problems'; readonly problems: readonly Problem[] };

/** `items` are the comma-separated parts of `variable`. A key given twice counts once. */
export function readKeyPool(variable: string, items: readonly string[]): KeyPool {
  const keys = new Set<PrivateKey>();
  const problems: Problem[] = [];
  for (const [index, item] of items.entries()) {
    const digits = item.replace(/^0x/i, '').toLowerCase();
    const which = items.length === 1 ? 'the key' : `key ${index + 1} of ${items.length}`;
    const wrong = faultOf(digits);
    if (wrong === undefined) keys.add(`0x${digits}`);
    else
      problems.push({ variable, expected: `${FORM}; ${which} ${wrong}`, fix: `Put the right key into ${variable}.` });
  }
  return problems.length > 0 ? { status: 'problems', problems } : { status: 'keys', keys: [...keys] };
}

function faultOf(digits: string): string | undefined {
  if (/\s/.test(digits.trim())) return 'has blanks in it; separate keys with commas';
  if (!/^[0-9a-f]*$/.test(digits)) return 'has other characters in it';
  if (digits.length !== 64) return `has ${digits.length} digits`;
  const scalar = BigInt(`0x${digits}`);
  return scalar > 0n && scalar < ORDER ? undefined : 'is outside the range of private keys';
}
