/** docs/adding-a-chain.md walks through every member of the chain port, and no other. */
import { expect, it } from 'vitest';
import { codes, read, rows, section } from './markdown.ts';

it('names every member of Chain', () => {
  const port = /export interface Chain<.*?^\}$/ms.exec(read('packages/engine/src/ports/chain.ts'))?.[0] ?? '';
  const members = [...port.matchAll(/^ {2}(?:readonly )?(\w+)[(:?]/gm)].flatMap(([, name]) => name ?? []);
  const listed = rows(section(read('docs/adding-a-chain.md'), 'What the package does')).flatMap(([cell = '']) =>
    codes(cell),
  );
  expect(members.length).toBeGreaterThan(10);
  expect(listed.toSorted()).toEqual(members.toSorted());
});
