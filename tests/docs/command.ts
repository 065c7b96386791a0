/** Carries out the curl lines of the documents, as far as the documents use curl. */
import { parseArgs } from 'node:util';

export type Command = {
  readonly method: string;
  /** Path and query on the facilitator. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Literal text, or the name of a file after `@`. */
  readonly data: string | undefined;
  /** What the answer is piped through: `jq` with one of a few filters, or `grep` with a pattern. */
  readonly filter: readonly [program: string, argument: string] | undefined;
};

const ORIGIN = 'http://127.0.0.1:8080';

export function parseCommand(line: string): Command {
  const words = wordsOf(line.replace(/\\\n\s*/g, ' '));
  const pipe = words.indexOf('|');
  const [program, ...args] = pipe < 0 ? words : words.slice(0, pipe);
  if (program !== 'curl') throw new Error(`not a curl line: ${line}`);
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      silent: { type: 'boolean', short: 's' },
      header: { type: 'string', short: 'H', multiple: true },
      data: { type: 'string', short: 'd' },
      request: { type: 'string', short: 'X' },
    },
  });
  const [url = ''] = positionals;
  if (!url.startsWith(ORIGIN)) throw new Error(`not at ${ORIGIN}: ${line}`);
  const headers = Object.fromEntries(
    (values.header ?? []).map((header) => header.split(/:\s*/, 2) as [string, string]),
  );
  const [filter, argument = ''] = pipe < 0 ? [] : words.slice(pipe + 1);
  return {
    method: values.request ?? (values.data === undefined ? 'GET' : 'POST'),
    path: url.slice(ORIGIN.length),
    headers,
    data: values.data,
    filter: filter === undefined ? undefined : [filter, argument],
  };
}

/** Words as a shell splits them; quotes hold words together and expand nothing. */
function wordsOf(line: string): readonly string[] {
  return [...line.trim().matchAll(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g)].map(([word]) =>
    word.replaceAll(/'([^']*)'|"([^"]*)"/g, (_, single?: string, double?: string) => single ?? double ?? ''),
  );
}

/** The answer as the reader of the document sees it. */
export function filtered(text: string, filter: Command['filter']): string {
  if (filter === undefined) return text;
  const [program, argument] = filter;
  if (program === 'grep') {
    const pattern = new RegExp(argument);
    return text
      .split('\n')
      .filter((line) => pattern.test(line))
      .join('\n');
  }
  if (program === 'jq') return JSON.stringify(picked(JSON.parse(text), argument));
  throw new Error(`no filter ${program}`);
}

type Json = Readonly<Record<string, unknown>>;

/** `.field`, or `.field[] | select(.name == "value")`. */
function picked(value: Json, filter: string): unknown {
  const [, field = '', key, wanted] = /^\.(\w+)(?:\[\] \| select\(\.(\w+) == "([^"]*)"\))?$/.exec(filter) ?? [];
  if (field === '' || !(field in value)) throw new Error(`jq ${filter} finds nothing`);
  if (key === undefined) return value[field];
  return (value[field] as readonly Json[]).find((each) => each[key] === wanted);
}
