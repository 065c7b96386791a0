/** Group commit: sharing a commit must not mean sharing a fate. */
import type { Journal } from '@facilitator/engine';
import { Client } from 'pg';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { failedBy, INCLUDED, prepare, preparedWith, sampleClaim, settledBy } from './samples.ts';
import type { Place, StoreUnderTest } from './store-under-test.ts';

/** Makes COMMIT itself fail when a payment of the payer `poison` was claimed. */
const FAILS_AT_COMMIT = {
  SQLite: [
    'create table parent (id text primary key)',
    'create table child (id text references parent (id) deferrable initially deferred)',
    `create trigger poison after insert on payments when new.payer = 'poison' begin insert into child values (new.id); end`,
  ],
  PostgreSQL: [
    `create function poison() returns trigger language plpgsql as $$
      begin if new.payer = 'poison' then raise exception 'poisoned'; end if; return null; end $$`,
    `create constraint trigger poison after insert on payments deferrable initially deferred
      for each row execute function poison()`,
  ],
} as const;

export function describeGrouping(store: StoreUnderTest): void {
  describe('group commit', () => {
    let place: Place;
    let journal: Journal;
    beforeEach(async () => {
      place = await store.place();
      journal = await place.open();
    });
    afterEach(() => place.clear());

    test('a write that the database refuses fails alone', async () => {
      await preparedWith(journal, '0x1', ['ready', 'done']);
      const poisoned = sampleClaim('poisoned', { key: 'k'.repeat(513) });
      const results = await Promise.allSettled([
        ...Array.from({ length: 20 }, (_, at) => journal.claim(sampleClaim(`p${at}`))),
        journal.claim(poisoned),
        journal.claim(sampleClaim('p7', { fingerprint: 'late' })),
        journal.resolve('0x1', INCLUDED, [{ id: 'done', conclusion: settledBy('0x1') }]),
        journal.conclude('unknown', failedBy('')),
        journal.resolve('0xunknown', INCLUDED, []),
        journal.deliver('unknown'),
        ...Array.from({ length: 20 }, (_, at) => journal.claim(sampleClaim(`q${at}`))),
      ]);
      const refused = results.flatMap((result, at) => (result.status === 'rejected' ? [at] : []));
      expect(refused).toEqual([20, 23, 24]);
      expect(results[20]).toMatchObject({ reason: { fault: 'refused' } });
      expect(results[21]).toMatchObject({ value: { status: 'taken' } });
      expect(results[22]).toMatchObject({ value: ['ended'] });
      const stored = ['ready', ...[...Array(20).keys()].flatMap((at) => [`p${at}`, `q${at}`])];
      for (const id of stored) expect(await journal.payment(id)).toBeDefined();
      expect(await journal.payment('poisoned')).toBeUndefined();
    });

    test('a failed commit fails every write of its group and leaves the journal usable', async () => {
      await journal.close();
      for (const statement of FAILS_AT_COMMIT[store.name]) await place.sql(statement);
      journal = await place.open();
      await preparedWith(journal, '0x1', ['before']);
      const results = await Promise.allSettled([
        journal.claim(sampleClaim('a')),
        journal.claim(sampleClaim('b', { payer: 'poison' })),
        journal.conclude('before', settledBy('0x1')),
      ]);
      expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
      expect(await journal.payment('a')).toBeUndefined();
      expect(await journal.payment('b')).toBeUndefined();
      expect(await journal.payment('before')).toMatchObject({ state: 'prepared' });
      expect(await journal.claim(sampleClaim('a'))).toEqual({ status: 'claimed' });
      expect(await journal.conclude('before', settledBy('0x1'))).toBe('ended');
    });

    test('nobody sees a write before it is committed', async () => {
      const claimed = journal.claim(sampleClaim('a')).then(() => 'claimed' as const);
      let first: string | undefined;
      void claimed.then(() => {
        first ??= 'acknowledged';
      });
      while ((await journal.payment('a')) === undefined) await new Promise(setImmediate);
      first ??= 'seen';
      // PostgreSQL readers may see it while the answer is on its way; SQLite has one connection, so the order is fixed.
      if (store.name === 'SQLite') expect(first).toBe('acknowledged');
      expect(await claimed).toBe('claimed');
    });

    test('a thousand writes of every kind at once', async () => {
      const ids = Array.from({ length: 200 }, (_, at) => `p${at}`);
      await Promise.all(ids.map((id) => journal.claim(sampleClaim(id))));
      await Promise.all(ids.map((id, at) => prepare(journal, `0x${id}`, [id], { signer: `signer${at}` })));
      const work = ids.flatMap((id) => [
        journal.resolve(`0x${id}`, INCLUDED, [{ id, conclusion: settledBy(`0x${id}`) }]),
        journal.deliver(id),
        journal.undeliver(id),
        journal.deliver(id),
        journal.claim(sampleClaim(`new ${id}`)),
      ]);
      const results = await Promise.all(work);
      for (const at of ids.keys())
        expect(results.slice(at * 5, at * 5 + 5)).toEqual([['ended'], true, undefined, true, { status: 'claimed' }]);
    });

    if (store.name === 'PostgreSQL') {
      test('writes of one moment share a transaction', async () => {
        await Promise.all(Array.from({ length: 200 }, (_, at) => journal.claim(sampleClaim(`p${at}`))));
        const [row] = await place.sql('select count(distinct xmin::text) as transactions from payments');
        expect(row).toEqual({ transactions: '1' });
      });

      test('survives losing its sessions: what was acknowledged is there, what was rejected is not', async () => {
        const killer = new Client({ connectionString: place.url });
        await killer.connect();
        let busy = true;
        const kill = async () => {
          const kills: number[] = [];
          while (busy) {
            const { rowCount } = await killer.query(
              `select pg_terminate_backend(pid) from pg_stat_activity
               where application_name = 'facilitator' and datname = current_database() and state <> 'idle'`,
            );
            kills.push(rowCount ?? 0);
            await new Promise(setImmediate);
          }
          return kills.reduce((sum, each) => sum + each, 0);
        };
        const killing = kill();
        const acknowledged: string[] = [];
        const rejected: string[] = [];
        for (let wave = 0; wave < 40; wave++)
          await Promise.all(
            Array.from({ length: 10 }, async (_, at) => {
              const id = `p${wave}-${at}`;
              await journal.claim(sampleClaim(id)).then(
                () => acknowledged.push(id),
                (error) => {
                  expect(error).toMatchObject({ name: 'JournalError', fault: 'unavailable' });
                  rejected.push(id);
                },
              );
            }),
          );
        busy = false;
        expect(await killing).toBeGreaterThan(0);
        await killer.end();
        const stored = await place.sql('select id from payments');
        expect(stored.map((row) => row['id']).toSorted()).toEqual(acknowledged.toSorted());
        expect(acknowledged.length + rejected.length).toBe(400);
        expect(await journal.claim(sampleClaim('after'))).toEqual({ status: 'claimed' });
      });
    }
  });
}
