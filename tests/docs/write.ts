/** `npm run docs`: writes the parts of the documents that are made from the code, and the answers of the examples. */
import { writeFileSync } from 'node:fs';
import { carryOut, examplesIn, lasting } from './examples.ts';
import { MADE } from './made.ts';
import { read, urlOf, withMadePart } from './markdown.ts';
import { openStage } from './stage.ts';

for (const [path, parts] of Object.entries(MADE)) {
  const text = Object.entries(parts).reduce((made, [name, make]) => withMadePart(made, name, make()), read(path));
  writeFileSync(urlOf(path), text);
}

const PATH = 'docs/using.md';
const stage = await openStage();
try {
  let text = read(PATH);
  for (const [index] of examplesIn(text).entries()) {
    // Read again each time: the answers before it may have moved it.
    const example = examplesIn(text)[index];
    if (example === undefined) break;
    const told = await carryOut(example, stage);
    const { start, end } = example.printed;
    if (told.status !== example.status)
      process.stderr.write(`${told.status}, not ${example.status}: ${example.line}\n`);
    if (lasting(told.text) !== lasting(example.printed.text)) text = text.slice(0, start) + told.text + text.slice(end);
  }
  writeFileSync(urlOf(PATH), text);
} finally {
  await stage.close();
}
