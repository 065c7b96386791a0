/** Lookups must not get slower as history grows: their plans touch only what they answer. */
import {
  type CompiledQuery,
  type Dialect,
  DummyDriver,
  Kysely,
  PostgresDialect,
  type QueryResult,
  SqliteDialect,
} from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findPayment, findPaymentByKey, findPaymentsByTransaction, findUnfinished, nextNonce } from '../src/reads.ts';
import type { Schema } from '../src/schema.ts';
import type { Reading } from '../src/store.ts';
import { NETWORK } from './samples.ts';
import type { Place, StoreUnderTest } from './store-under-test.ts';

/** Finds nothing and remembers what it was asked. */
class RecordingDriver extends DummyDriver {
  readonly asked: CompiledQuery[] = [];

  override async acquireConnection() {
    return {
      executeQuery: async (query: CompiledQuery): Promise<QueryResult<never>> => {
        this.asked.push(query);
        return { rows: [] };
      },
      async *streamQuery() {},
    };
  }
}

/** The statements that a lookup sends. */
async function statements(store: StoreUnderTest, look: (reading: Reading) => Promise<unknown>) {
  const driver = new RecordingDriver();
  const never = () => Promise.reject(new Error('never connected'));
  const own = store.name === 'SQLite' ? new SqliteDialect({ database: never }) : new PostgresDialect({ pool: never });
  const dialect: Dialect = {
    createDriver: () => driver,
    createAdapter: () => own.createAdapter(),
    createQueryCompiler: () => own.createQueryCompiler(),
    createIntrospector: (db) => own.createIntrospector(db),
  };
  await look(new Kysely<Schema>({ dialect }));
  return driver.asked;
}

/** Twenty thousand final payments. */
const FILL = {
  SQLite: 'with recursive series (n) as (select 1 union all select n + 1 from series where n < 20000)',
  PostgreSQL: 'with series (n) as (select generate_series(1, 20000))',
} as const;

const LOOKUPS: Readonly<Record<string, (reading: Reading) => Promise<unknown>>> = {
  unfinished: (reading) => findUnfinished(reading, NETWORK),
  payment: (reading) => findPayment(reading, 'p1'),
  paymentByKey: (reading) => findPaymentByKey(reading, 'k1'),
  paymentsByTransaction: (reading) => findPaymentsByTransaction(reading, 't1'),
  nextNonce: (reading) => nextNonce(reading, { network: NETWORK, signer: '0xSigner', floor: 0n }),
};

export function describePlans(store: StoreUnderTest): void {
  describe('plans', () => {
    let place: Place;
    beforeAll(async () => {
      place = await store.place();
      await (await place.open()).close();
      const fill = FILL[store.name];
      await place.sql(
        `insert into payments (id, network, asset, payer, pay_to, amount, expires, fingerprint, idempotency_key, state,
           transaction_hash, log_index, authorization_nonce, batch_size, delivered, claimed_at, concluded_at)
         ${fill} select 'p' || n, '${NETWORK}', 'a', 'p', 'q', '1', '1', 'f', 'k' || n, 'settled',
           't' || n, 1, 'n', 1, 1, 1, 1 from series`,
      );
      await place.sql(
        `insert into transactions (hash, network, signer, nonce, outcome, block, cost, created_at)
         ${fill} select 't' || n, '${NETWORK}', '0xSigner', n, 'included', 1, '1', 1 from series`,
      );
      await place.sql(
        `insert into items (transaction_hash, position, payment_id) ${fill} select 't' || n, 0, 'p' || n from series`,
      );
      await place.sql('analyze');
    });
    afterAll(() => place.clear());

    test.each(Object.entries(LOOKUPS))('%s reads no whole table', async (_, look) => {
      const asked = await statements(store, look);
      expect(asked).not.toEqual([]);
      for (const query of asked) {
        const parameters = query.parameters.map((each) => (typeof each === 'number' ? BigInt(each) : String(each)));
        const explain = store.name === 'SQLite' ? 'explain query plan' : 'explain';
        const plan = JSON.stringify(await place.sql(`${explain} ${query.sql}`, parameters), (_key, value) =>
          typeof value === 'bigint' ? `${value}` : value,
        );
        expect(plan).not.toMatch(/Seq Scan|SCAN (payments|transactions|items)/);
        expect(plan).toMatch(/index/i);
        if (query.sql.includes(`'claimed', 'prepared'`)) expect(plan).toContain('payments_unfinished');
        if (query.sql.includes(`outcome = 'open'`)) expect(plan).toContain('transactions_open');
      }
    });
  });
}
