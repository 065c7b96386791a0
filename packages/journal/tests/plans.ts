/** Nothing may get slower as history grows: the plans of all statements touch only what they are about. */
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
import { alone, emptySeal } from '../src/peers.ts';
import {
  countWaiting,
  findCosts,
  findPayment,
  findPaymentByKey,
  findPaymentsByTransaction,
  findUnfinished,
  nextTurn,
} from '../src/reads.ts';
import { attemptRow, claimRow, closing, ending, signedColumns } from '../src/record.ts';
import type { Schema } from '../src/schema.ts';
import type { Reading } from '../src/store.ts';
import type { Apply } from '../src/write-kind.ts';
import { applyClaims } from '../src/writes/claim.ts';
import { applyConclusions } from '../src/writes/conclude.ts';
import { applyDeliveries, applyReturns } from '../src/writes/deliver.ts';
import { applyHandOvers } from '../src/writes/hand-over.ts';
import { applyPreparations } from '../src/writes/prepare.ts';
import { applyPrunings } from '../src/writes/prune.ts';
import { applyReleases } from '../src/writes/release.ts';
import { applyReplacements } from '../src/writes/replace.ts';
import { applyResolutions } from '../src/writes/resolve.ts';
import { applyKeyings } from '../src/writes/take-key.ts';
import { INCLUDED, NETWORK, sampleClaim, settledBy } from './samples.ts';
import type { Place, StoreUnderTest } from './store-under-test.ts';

const SELF = 7n;
const PEERS = alone(SELF);

/** A row of any table: whatever a statement looks for, it finds this. `p9` is carried, `p1` is free. */
const ROW = {
  id: 'p1',
  state: 'prepared',
  owner: SELF,
  fingerprint: 'f',
  payment_id: 'p9',
  position: 0n,
  hash: 't1',
  transaction_hash: 't1',
  network: NETWORK,
  signer: '0xSigner',
  nonce: 1n,
  attempt: 0n,
  outcome: 'open',
  cost: '1',
  created_at: 1n,
  amount: '1',
  expires: '1',
};

/** Remembers what it was asked. */
class RecordingDriver extends DummyDriver {
  readonly asked: CompiledQuery[] = [];

  override async acquireConnection() {
    return {
      executeQuery: async (query: CompiledQuery): Promise<QueryResult<never>> => {
        this.asked.push(query);
        return { rows: [ROW] } as unknown as QueryResult<never>;
      },
      async *streamQuery() {},
    };
  }
}

/** The statements that something sends. */
async function statements(store: StoreUnderTest, act: (reading: Reading) => Promise<unknown>) {
  const driver = new RecordingDriver();
  const never = () => Promise.reject(new Error('never connected'));
  const own = store.name === 'SQLite' ? new SqliteDialect({ database: never }) : new PostgresDialect({ pool: never });
  const dialect: Dialect = {
    createDriver: () => driver,
    createAdapter: () => own.createAdapter(),
    createQueryCompiler: () => own.createQueryCompiler(),
    createIntrospector: (db) => own.createIntrospector(db),
  };
  await act(new Kysely<Schema>({ dialect }));
  return driver.asked;
}

/** Twenty thousand final payments. */
const FILL = {
  SQLite: 'with recursive series (n) as (select 1 union all select n + 1 from series where n < 20000)',
  PostgreSQL: 'with series (n) as (select generate_series(1, 20000))',
} as const;

const LOOKUPS: Readonly<Record<string, (reading: Reading) => Promise<unknown>>> = {
  unfinished: (reading) => findUnfinished(reading, PEERS, NETWORK),
  waiting: (reading) => countWaiting(reading, NETWORK, 0n),
  payment: (reading) => findPayment(reading, 'p1'),
  paymentByKey: (reading) => findPaymentByKey(reading, 'k1'),
  paymentsByTransaction: (reading) => findPaymentsByTransaction(reading, 't1'),
  costs: (reading) => findCosts(reading, { network: NETWORK, signer: '0xSigner' }, 0n),
  nextTurn: (reading) => nextTurn(reading, { network: NETWORK, signer: '0xSigner', floor: 0n }),
  gap: (reading) => nextTurn(reading, { network: NETWORK, signer: '0xSigner', floor: 0n, gap: 4n }),
};

/** Applies inputs of a kind as a group commit would. */
function write<I, O>(apply: Apply<I, O>, ...inputs: readonly I[]) {
  return (reading: Reading) =>
    reading.transaction().execute(async (tx) => {
      const outcomes = await apply({ tx, shared: false, peers: PEERS, seal: emptySeal() }, inputs);
      expect(outcomes.map(({ status }) => status)).not.toContain('refused');
    });
}

const signed = { hash: 't1', bytes: 'b' };
const attempt = { network: NETWORK, signer: '0xSigner', nonce: 1n, items: ['p1'], ...signed } as const;
const settled = ending('p9', settledBy('t1'), 1n);

const WRITES: typeof LOOKUPS = {
  claim: write(
    applyClaims,
    claimRow(sampleClaim('p1', { key: 'k1' }), SELF, 1n),
    claimRow(sampleClaim('p1', { key: 'k1' }), SELF, 1n),
  ),
  handOver: write(applyHandOvers, 'p1', 'p2'),
  release: write(applyReleases, { id: 'p1', abandoned: false }, { id: 'p2', abandoned: true }),
  prepare: write(applyPreparations, {
    attempt,
    items: [{ id: 'p1', fingerprint: 'f' }],
    since: 0,
    row: attemptRow(attempt, 0n, 1n),
  }),
  replace: write(applyReplacements, { over: 't1', signed: signedColumns(signed, 1n), since: 0 }),
  resolve: write(applyResolutions, { hash: 't1', closing: closing(INCLUDED), endings: [settled] }),
  conclude: write(applyConclusions, ending('p1', settledBy('t1'), 1n)),
  deliver: write(applyDeliveries, 'p1', 'p2'),
  undeliver: write(applyReturns, 'p1', 'p2'),
  prune: write(applyPrunings, { before: 1n, most: 10 }),
  takeKey: write(applyKeyings, { id: 'p1', key: 'k1' }),
};

export function describePlans(store: StoreUnderTest): void {
  describe('plans', () => {
    let place: Place;
    beforeAll(async () => {
      place = await store.place();
      await (await place.open()).close();
      const fill = FILL[store.name];
      await place.sql(
        `insert into payments (id, network, asset, payer, pay_to, amount, expires, fingerprint, idempotency_key, state, owner,
           transaction_hash, log_index, authorization_nonce, batch_size, delivered, claimed_at, concluded_at)
         ${fill} select 'p' || n, '${NETWORK}', 'a', 'p', 'q', '1', '1', 'f', 'k' || n, 'settled', ${SELF},
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

    test.each(Object.entries({ ...LOOKUPS, ...WRITES }))('%s reads no whole table', async (_, act) => {
      const asked = await statements(store, act);
      expect(asked).not.toEqual([]);
      for (const query of asked) {
        const parameters = query.parameters.map((each) =>
          typeof each === 'number' ? BigInt(each) : each === null ? null : String(each),
        );
        const explain = store.name === 'SQLite' ? 'explain query plan' : 'explain';
        const plan = JSON.stringify(await place.sql(`${explain} ${query.sql}`, parameters), (_key, value) =>
          typeof value === 'bigint' ? `${value}` : value,
        );
        expect(plan).not.toMatch(/Seq Scan|SCAN (payments|transactions|items)/);
        if (!/^\s*insert/.test(query.sql)) expect(plan).toMatch(/index/i);
        if (query.sql.includes(`'claimed', 'queued', 'prepared'`)) expect(plan).toContain('payments_unfinished');
        if (query.sql.includes(`outcome = 'open'`)) expect(plan).toContain('transactions_open');
      }
    });
  });
}
