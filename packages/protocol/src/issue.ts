/** A fault in something that came from outside: which field, and what to do about it. */
import type { z } from 'zod';

export type Issue = {
  /** The field, for example `paymentRequirements.payTo`. */
  readonly path: string;
  /** What is wrong and what would be right, to be read after the path. Never contains a secret. */
  readonly message: string;
};

/** The faults a schema found, with paths that start at `root`. */
export function issuesOf(error: z.ZodError, root = ''): readonly Issue[] {
  return error.issues.map(({ path, message }) => ({ path: joinPath(root, path), message }));
}

function joinPath(root: string, path: readonly PropertyKey[]): string {
  let joined = root;
  for (const step of path) {
    if (typeof step === 'number') joined += `[${step}]`;
    else joined += joined === '' ? String(step) : `.${String(step)}`;
  }
  return joined;
}

/** A foreign string fit for a message: at most `limit` characters, quoted, without control characters. */
export function quoted(value: string, limit = 80): string {
  return JSON.stringify(value.length > limit ? `${value.slice(0, limit)}…` : value);
}
