/** What the documents say of configuration, metrics, networks and reasons is what the code has. */
import { expect, it } from 'vitest';
import { MADE } from './made.ts';
import { madePart, madeParts, read } from './markdown.ts';

const parts = Object.entries(MADE).flatMap(([path, made]) =>
  Object.entries(made).map(([name, make]) => ({ path, name, make })),
);

it.each(parts)('$path: $name is up to date; `npm run docs` writes it', ({ path, name, make }) => {
  expect(madePart(read(path), name)).toBe(make());
});

it.each(Object.entries(MADE))('%s has no part that nobody makes', (path, made) => {
  expect(madeParts(read(path)).toSorted()).toEqual(Object.keys(made).toSorted());
});
