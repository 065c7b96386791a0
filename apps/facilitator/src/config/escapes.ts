/** Percent signs in addresses that carry credentials: people paste passwords as they are. */
import type { Problem } from './config.ts';

/** Whether every % begins an escape that stands for text. */
export function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

export const BAD_ESCAPE = 'it has a % that begins no escape';

export function escapeProblem(variable: string): Problem {
  return { variable, expected: BAD_ESCAPE, fix: 'In user and password write % as %25.' };
}
