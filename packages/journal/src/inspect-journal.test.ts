/** A look changes nothing and tells what a start would meet. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { NETWORK, preparedWith, sampleClaim } from '../tests/samples.ts';
import { type Place, postgres, type StoreUnderTest, sqlite } from '../tests/store-under-test.ts';
import { inspectJournal } from './index.ts';

const NEW = { status: 'new', migrations: [], unfinished: 0, problems: [] };

/** Everything in the store's folder, byte by byte. */
function files(place: Place): unknown {
  const folder = dirname(place.url.replace('sqlite:', ''));
  return readdirSync(folder).map((name) => [name, readFileSync(`${folder}/${name}`).toString('base64')]);
}

describe.each([sqlite, postgres()])('$name', (store: StoreUnderTest) => {
  let place: Place;
  beforeAll(async () => {
    await store.start();
    place = await store.place();
  });
  afterAll(async () => {
    await place.clear();
    await store.stop();
  });

  test('nothing is there yet, and still is not afterwards', async () => {
    for (let time = 0; time < 2; time++) expect(await inspectJournal(place.url)).toEqual({ store: store.name, ...NEW });
    if (store.name === 'SQLite') expect(files(place)).toEqual([]);
  });

  test('what is there is counted', async () => {
    const journal = await place.open();
    await preparedWith(journal, '0x1', ['a', 'b']);
    await journal.claim(sampleClaim('c'));
    await journal.close();
    const before = store.name === 'SQLite' ? files(place) : undefined;
    expect(await inspectJournal(place.url)).toEqual({ ...NEW, store: store.name, status: 'there', unfinished: 3 });
    if (store.name === 'SQLite') expect(files(place)).toEqual(before);
  });

  test('one in use is let be', async () => {
    const journal = await place.open();
    const found = await inspectJournal(place.url);
    expect(found).toMatchObject(store.name === 'SQLite' ? { status: 'busy' } : { status: 'there', unfinished: 3 });
    expect((await journal.unfinished(NETWORK)).payments.length).toBeGreaterThan(0);
    await journal.close();
  });

  test('one by newer code is refused, and an older one would be migrated', async () => {
    await place.sql(`insert into journal_migrations values ('9999-future', '2030-01-01T00:00:00.000Z')`);
    await expect(inspectJournal(place.url)).rejects.toMatchObject({ fault: 'unusable' });
    await place.sql(`delete from journal_migrations`);
    const found = await inspectJournal(place.url);
    expect(found).toMatchObject(store.name === 'SQLite' ? { migrations: ['0001-payments'] } : NEW);
  });
});

test('what a killed process left is read where it lies', async () => {
  const place = await sqlite.place();
  const journal = await place.open();
  await preparedWith(journal, '0x1', ['a', 'b']);
  const folder = dirname(place.url.replace('sqlite:', ''));
  const left = mkdtempSync(join(tmpdir(), 'facilitator-journal-'));
  cpSync(folder, left, { recursive: true });
  await place.clear();
  const url = `sqlite:${left}/journal.db`;
  const before = files({ ...place, url });
  expect(await inspectJournal(url)).toMatchObject({ status: 'there', unfinished: 2 });
  expect(files({ ...place, url })).toEqual(before);
  rmSync(left, { recursive: true });
});

test.each([
  ['sqlite:/dev/null/journal.db', /cannot be written at \/dev\/null\/journal\.db/],
  ['postgres://user:s3cret@127.0.0.1:9/db', /cannot be opened: .*ECONNREFUSED/],
  ['mysql://user:s3cret@127.0.0.1/db', /must be sqlite:PATH/],
])('%s is refused as a start would', async (url, words) => {
  const refusal = inspectJournal(url);
  await expect(refusal).rejects.toMatchObject({ name: 'JournalError', message: expect.stringMatching(words) });
  await expect(refusal).rejects.not.toMatchObject({ message: expect.stringContaining('s3cret') });
});

test('memory needs nothing', async () => {
  expect(await inspectJournal(':memory:')).toEqual({ store: 'memory', ...NEW });
});
