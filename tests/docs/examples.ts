/** The curl examples of a document and the answers printed under them. */
import { filtered, parseCommand } from './command.ts';
import { type Fence, fences } from './markdown.ts';
import type { Stage } from './stage.ts';

export type Example = {
  readonly line: string;
  readonly status: number;
  /** A response header that the document shows. */
  readonly header: readonly [name: string, value: string] | undefined;
  readonly printed: Fence;
};

/** Each curl line, and the block after it that begins with "Answers 200:" or "Answers 503, `retry-after: 2`:". */
export function examplesIn(markdown: string): readonly Example[] {
  const all = fences(markdown);
  return all.flatMap((fence, index) => {
    if (fence.info !== 'sh' || !fence.text.startsWith('curl ')) return [];
    const printed = all[index + 1];
    const [, status, name, value] = /^Answers (\d{3})(?:, `([\w-]+): (.*)`)?:$/.exec(printed?.before ?? '') ?? [];
    if (printed === undefined || status === undefined) throw new Error(`no answer under ${fence.text}`);
    const header = name === undefined || value === undefined ? undefined : ([name, value] as const);
    return [{ line: fence.text.trim(), status: Number(status), header, printed }];
  });
}

export type Told = { readonly status: number; readonly headers: Headers; readonly text: string };

/** Carries an example out. The text is printed as the document prints it. */
export async function carryOut({ line, printed }: Example, stage: Stage): Promise<Told> {
  const { method, path, headers, data, filter } = parseCommand(line);
  const body = data?.startsWith('@') ? await stage.file(data.slice(1)) : data;
  const response = await fetch(`${stage.url}${path}`, { method, headers, body: body ?? null });
  const text = filtered(await response.text(), filter);
  const shown = printed.info === 'json' ? JSON.stringify(JSON.parse(text), undefined, 2) : text.trim();
  return { status: response.status, headers: response.headers, text: `${shown}\n` };
}

/** Without what differs from run to run: hashes of transactions, ids of requests, the time of day. */
export function lasting(text: string): string {
  return text
    .replaceAll(/0x[0-9a-f]{64}\b/g, 'HASH')
    .replaceAll(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'ID')
    .replaceAll(/\b(?:1[7-9]|2\d)\d{8}\b/g, 'TIME');
}
