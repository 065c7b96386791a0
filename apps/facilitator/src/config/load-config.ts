/** Reads the environment and the file it names. The only place below the command line that touches either. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Reading } from './config.ts';
import { readConfig } from './read-config.ts';

/** `folder` is what relative paths start from. */
export function loadConfig(env: Readonly<Record<string, string | undefined>>, folder: string): Reading {
  const path = env['CONFIG_FILE']?.trim() ?? '';
  if (path === '') return readConfig(env);
  const file = readText(resolve(folder, path));
  if (file !== undefined) return readConfig(env, file);
  const expected = 'must be the path of a readable JSON file; it cannot be read';
  const fix = `Relative paths start at ${folder}. Mend the path, or leave CONFIG_FILE out.`;
  return { status: 'problems', problems: [{ variable: 'CONFIG_FILE', expected, fix }], notices: [] };
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
