/** The documents as these tests see them: fenced blocks, tables, and parts that are made from the code. */
import { readFileSync } from 'node:fs';

const ROOT = new URL('../../', import.meta.url);

/** Text of a file, by its path from the repository's root. */
export function read(path: string): string {
  return readFileSync(new URL(path, ROOT), 'utf8');
}

export function urlOf(path: string): URL {
  return new URL(path, ROOT);
}

export type Fence = {
  /** What stands after the opening backticks, for example `json`. */
  readonly info: string;
  readonly text: string;
  /** The last line with words in it before the block; the block before it counts for nothing. */
  readonly before: string;
  /** Where `text` begins and ends in the document. */
  readonly start: number;
  readonly end: number;
};

export function fences(markdown: string): readonly Fence[] {
  const found: Fence[] = [];
  let after = 0;
  for (const match of markdown.matchAll(/^```(.*)\n([\s\S]*?)^```$/gm)) {
    const [whole, info = '', text = ''] = match;
    const start = match.index + 4 + info.length;
    const lines = markdown.slice(after, match.index).trim().split('\n');
    found.push({ info, text, before: lines.at(-1) ?? '', start, end: start + text.length });
    after = match.index + whole.length;
  }
  return found;
}

/** The block whose line before ends with `title` in backticks and a colon, for example "`payment.json`:". */
export function titled(markdown: string, title: string): string {
  const fence = fences(markdown).find(({ before }) => before.endsWith(`\`${title}\`:`));
  if (fence === undefined) throw new Error(`there is no block titled ${title}`);
  return fence.text;
}

/** The text under a heading, down to the next heading of the same or a higher rank. */
export function section(markdown: string, heading: string): string {
  const lines = markdown.split('\n');
  const from = lines.findIndex((line) => /^#+ /.test(line) && line.replace(/^#+ /, '') === heading);
  if (from < 0) throw new Error(`there is no heading ${heading}`);
  const rank = lines[from]?.indexOf(' ') ?? 0;
  const length = lines.slice(from + 1).findIndex((line) => /^#+ /.test(line) && line.indexOf(' ') <= rank);
  return lines.slice(from + 1, length < 0 ? undefined : from + 1 + length).join('\n');
}

/** The cells of every table row in `markdown`, heads and rulers left out. */
export function rows(markdown: string): readonly (readonly string[])[] {
  const lines = markdown.split('\n');
  return lines.flatMap((line, index) => {
    const isRow = line.startsWith('|') && !/^\|[-|: ]+\|$/.test(line) && !/^\|[-|: ]+\|$/.test(lines[index + 1] ?? '');
    return isRow
      ? [
          line
            .slice(1, -1)
            .split(/(?<!\\)\|/)
            .map((cell) => cell.trim().replaceAll('\\|', '|')),
        ]
      : [];
  });
}

/** What stands in backticks. */
export function codes(text: string): readonly string[] {
  return [...text.matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code);
}

export function table(head: readonly string[], body: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), `|${head.map(() => '---').join('|')}|`, ...body.map(line)].join('\n');
}

function marked(name: string): RegExp {
  return new RegExp(`(<!-- made: ${name} -->\n)([\\s\\S]*?)(\n<!-- end -->)`);
}

/** Names of the parts of a document that are made from the code. */
export function madeParts(markdown: string): readonly string[] {
  return [...markdown.matchAll(/^<!-- made: (\S+) -->$/gm)].map(([, name = '']) => name);
}

export function madePart(markdown: string, name: string): string {
  const found = marked(name).exec(markdown)?.[2];
  if (found === undefined) throw new Error(`there is no part ${name}`);
  return found;
}

export function withMadePart(markdown: string, name: string, content: string): string {
  return markdown.replace(marked(name), (_, open: string, __, close: string) => `${open}${content}${close}`);
}
