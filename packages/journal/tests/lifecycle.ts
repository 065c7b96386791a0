/** Opening: empty, again, newer, and owned by somebody else. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { NETWORK, preparedWith, sampleClaim } from './samples.ts';
import type { Place, StoreUnderTest } from './store-under-test.ts';

export function describeLifecycle(store: StoreUnderTest): void {
  describe('lifecycle', () => {
    let place: Place;
    beforeEach(async () => {
      place = await store.place();
    });
    afterEach(() => place.clear());

    test('migrates an empty store once', async () => {
      for (let time = 0; time < 3; time++) {
        const journal = await place.open();
        expect(await journal.unfinished(NETWORK)).toEqual({ payments: [], attempts: [] });
        await journal.close();
      }
      expect(await place.sql('select name from journal_migrations')).toEqual([{ name: '0001-payments' }]);
    });

    test('refuses a store that newer code has written, and leaves it alone', async () => {
      const journal = await place.open();
      await preparedWith(journal, '0x1', ['a']);
      await journal.close();
      await place.sql(`insert into journal_migrations values ('9999-future', '2030-01-01T00:00:00.000Z')`);
      await expect(place.open()).rejects.toMatchObject({
        fault: 'unusable',
        message: expect.stringMatching(/newer version.*9999-future/),
      });
      await place.sql(`delete from journal_migrations where name = '9999-future'`);
      const again = await place.open();
      expect(await again.payment('a')).toMatchObject({ state: 'prepared' });
    });

    if (store.name === 'SQLite')
      test('belongs to one process, until that one closes', async () => {
        const first = await place.open();
        await expect(place.open()).rejects.toMatchObject({ fault: 'in-use' });
        await preparedWith(first, '0x1', ['a']);
        await first.close();
        const second = await place.open();
        expect(await second.payment('a')).toMatchObject({ state: 'prepared' });
      });
    else
      test('can be opened by several processes at once, from the first day on', async () => {
        const journals = await Promise.all(Array.from({ length: 6 }, () => place.open({ writes: false })));
        expect(await place.sql('select name from journal_migrations')).toEqual([{ name: '0001-payments' }]);
        await Promise.all(journals.map((journal, at) => journal.claim(sampleClaim(`p${at}`))));
        for (const journal of journals) expect(await journal.payment('p3')).toMatchObject({ state: 'claimed' });
      });
  });
}
