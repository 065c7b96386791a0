/** Every curl line of docs/using.md is carried out, in order, and answers as the document prints. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { carryOut, examplesIn, lasting } from './examples.ts';
import { read } from './markdown.ts';
import { openStage, type Stage } from './stage.ts';

const examples = examplesIn(read('docs/using.md'));

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage?.close());

describe('docs/using.md', () => {
  it.each(examples)('$line', async (example) => {
    const { status, headers, text } = await carryOut(example, stage);
    expect(status).toBe(example.status);
    if (example.header !== undefined) expect(headers.get(example.header[0])).toBe(example.header[1]);
    expect(lasting(text)).toBe(lasting(example.printed.text));
  });

  it('paid the seller once for each payment it calls settled', async () => {
    const settled = new Set(
      examples.flatMap(
        ({ printed }) =>
          /"transaction": "(0x\w+)"/.exec(printed.text.match(/"success": true[\s\S]*/)?.[0] ?? '')?.[1] ?? [],
      ),
    );
    expect(settled.size).toBeGreaterThan(0);
    expect(await stage.earned()).toBe(10_000n * BigInt(settled.size));
  });
});
