/** Reads CONFIG_FILE: networks and tokens of the operator's own, with strings that may stand for variables. */
import { createNetworks, extendNetworks, type Networks } from '@facilitator/protocol';
import type { Problem } from './config.ts';

export type OwnFile =
  | { readonly status: 'networks'; readonly networks: Networks }
  | { readonly status: 'problems'; readonly problems: readonly Problem[] };

/** `text` is the file's content; undefined when there is none. `"$NAME"` stands for the variable NAME, `"$$"` for a `$`. */
export function readOwnFile(text: string | undefined, env: ReadonlyMap<string, string>): OwnFile {
  if (text === undefined) return { status: 'networks', networks: createNetworks() };
  const parsed = parse(text);
  if (parsed === undefined) return problems([['', 'must be JSON']]);
  const missing: (readonly [string, string])[] = [];
  const resolved = resolve(parsed, '', env, missing);
  if (missing.length > 0) return problems(missing);
  const extended = extendNetworks(resolved);
  if (extended.status === 'networks') return extended;
  return problems(extended.issues.map(({ path, message }) => [path, message]));
}

function problems(found: readonly (readonly [path: string, message: string])[]): OwnFile {
  return {
    status: 'problems',
    problems: found.map(([path, message]) => ({
      variable: 'CONFIG_FILE',
      expected: path === '' ? `the file ${message}` : `in the file, ${path} ${message}`,
      fix: 'Mend the file, or leave CONFIG_FILE out.',
    })),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function resolve(
  value: unknown,
  path: string,
  env: ReadonlyMap<string, string>,
  missing: (readonly [string, string])[],
): unknown {
  if (typeof value === 'string') {
    const name = /^\$\{?([A-Za-z_][A-Za-z0-9_]*)\}?$/.exec(value)?.[1];
    if (name === undefined) return value.startsWith('$$') ? value.slice(1) : value;
    const found = env.get(name);
    if (found === undefined) missing.push([path, `stands for the variable ${name}, which is not set`]);
    return found ?? value;
  }
  if (Array.isArray(value)) return value.map((item, index) => resolve(item, `${path}[${index}]`, env, missing));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      resolve(item, path === '' ? key : `${path}.${key}`, env, missing),
    ]),
  );
}
