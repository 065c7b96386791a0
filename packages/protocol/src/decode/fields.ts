/** The kinds of fields that requests are made of. Each says in its message what to send instead. */
import { z } from 'zod';

const UINT256_MAX = 2n ** 256n - 1n;
/** More digits than any uint256 has. Checked first: parsing digits takes longer than counting them. */
const MOST_DIGITS = 78;
const DIGITS = /^\d+$/;

/** A plain JSON object, kept as it is. */
export function record(what: string) {
  return z.custom<Readonly<Record<string, unknown>>>(isRecord, {
    error: (issue) => missingOr(issue.input, `must be a JSON object: ${what}`, what),
  });
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Text that must be there. Real addresses, names and schemes are far shorter than `limit`. */
export function text(what: string, limit = 512) {
  return z
    .string({ error: (issue) => missingOr(issue.input, `must be a string: ${what}`, what) })
    .min(1, `must not be empty: ${what}`)
    .max(limit, `must have at most ${limit} characters: ${what}`);
}

/** Text that may be absent or null. */
export function optionalText(what: string) {
  return z.string({ error: `must be a string: ${what}` }).nullish();
}

/** Atomic units: a decimal string, or a JSON integer small enough to be exact. */
export function amount(what: string) {
  return z.unknown().transform((value, context): bigint => {
    const read = readAmount(value);
    if (typeof read === 'bigint') return read;
    context.addIssue({ code: 'custom', message: missingOr(value, `${read}: ${what}`, what) });
    return z.NEVER;
  });
}

function readAmount(value: unknown): bigint | string {
  if (typeof value === 'number') {
    if (!Number.isInteger(value)) return 'must be a whole number of atomic units';
    if (value < 0) return 'must not be negative';
    if (!Number.isSafeInteger(value)) return 'is a JSON number too large to be exact, send a decimal string';
    return BigInt(value);
  }
  if (typeof value !== 'string') return 'must be a decimal string of atomic units';
  if (!DIGITS.test(value)) return 'must be a decimal string of atomic units, digits only';
  const units = value.length > MOST_DIGITS ? undefined : BigInt(value);
  return units === undefined || units > UINT256_MAX ? 'is larger than a uint256' : units;
}

/** Whole seconds, at least one: a JSON integer, or the same as a decimal string. */
export function seconds(what: string) {
  return z.unknown().transform((value, context): number => {
    const read = typeof value === 'string' && DIGITS.test(value) ? Number(value) : value;
    if (typeof read === 'number' && Number.isSafeInteger(read) && read > 0) return read;
    context.addIssue({
      code: 'custom',
      message: missingOr(value, `must be a whole number of seconds, at least 1: ${what}`, what),
    });
    return z.NEVER;
  });
}

function missingOr(value: unknown, wrong: string, what: string): string {
  return value === undefined ? `is missing: ${what}` : wrong;
}
