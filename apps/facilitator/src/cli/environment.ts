/** The process environment, with `.env` behind it. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseEnv } from 'node:util';

export type Environment = Readonly<Record<string, string | undefined>>;

export type ReadEnvironment =
  | { readonly status: 'environment'; readonly env: Environment }
  | { readonly status: 'unreadable'; readonly path: string };

/**
 * Real variables win over the file. Without `file`, `.env` in the working folder is read if it is there. What it says of
 * AWS goes into the process's own environment: the AWS SDK looks nowhere else.
 */
export function readEnvironment(file: string | undefined): ReadEnvironment {
  const path = resolve(file ?? '.env');
  try {
    const written = parseEnv(readFileSync(path, 'utf8'));
    for (const [name, value] of Object.entries(written)) {
      if (name.startsWith('AWS_')) process.env[name] ??= value;
    }
    return { status: 'environment', env: { ...written, ...process.env } };
  } catch {
    return file === undefined ? { status: 'environment', env: process.env } : { status: 'unreadable', path };
  }
}
