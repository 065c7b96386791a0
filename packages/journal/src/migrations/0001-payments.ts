/** The first schema. Its CHECK constraints are the state machine: a row that no legal history leads to is refused. */
import { type Kysely, sql } from 'kysely';
import { includedTransaction, openTransaction, unfinishedPayment } from '../schema.ts';
import type { Flavour } from './migrate.ts';

/** Text of decimal digits only, in SQL that both stores read. */
function digits(column: string) {
  return sql`${sql.ref(column)} <> '' and ltrim(${sql.ref(column)}, '0123456789') = ''`;
}

/** `column` is filled exactly in rows where `condition` holds. */
function exactlyWhen(condition: string, ...columns: readonly string[]) {
  return sql.join(
    columns.map((column) => sql`(${sql.raw(condition)}) = (${sql.ref(column)} is not null)`),
    sql` and `,
  );
}

export async function up(db: Kysely<unknown>, flavour: Flavour): Promise<void> {
  await db.schema
    .createTable('payments')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('network', 'text', (column) => column.notNull())
    .addColumn('asset', 'text', (column) => column.notNull())
    .addColumn('payer', 'text', (column) => column.notNull())
    .addColumn('pay_to', 'text', (column) => column.notNull())
    .addColumn('amount', 'text', (column) => column.notNull())
    .addColumn('expires', 'text', (column) => column.notNull())
    .addColumn('fingerprint', 'text', (column) => column.notNull())
    .addColumn('stored_authorization', 'text')
    .addColumn('idempotency_key', 'text')
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('owner', flavour.integer, (column) => column.notNull())
    .addColumn('transaction_hash', 'text')
    .addColumn('log_index', flavour.integer)
    .addColumn('authorization_nonce', 'text')
    .addColumn('batch_size', flavour.integer)
    .addColumn('reason', 'text')
    .addColumn('message', 'text')
    .addColumn('delivered', flavour.integer, (column) => column.notNull().defaultTo(0))
    .addColumn('claimed_at', flavour.integer, (column) => column.notNull())
    .addColumn('concluded_at', flavour.integer)
    .addUniqueConstraint('payments_key', ['idempotency_key'])
    .addCheckConstraint('payments_state', sql`state in ('claimed', 'queued', 'prepared', 'settled', 'failed')`)
    .addCheckConstraint(
      'payments_transaction',
      sql`case when state in ('claimed', 'queued') then transaction_hash is null when state = 'failed' then true
        else transaction_hash is not null end`,
    )
    .addCheckConstraint(
      'payments_authorization',
      exactlyWhen(`state in ('claimed', 'queued', 'prepared')`, 'stored_authorization'),
    )
    .addCheckConstraint('payments_concluded', exactlyWhen(`state in ('settled', 'failed')`, 'concluded_at'))
    .addCheckConstraint(
      'payments_evidence',
      exactlyWhen(`state = 'settled'`, 'log_index', 'authorization_nonce', 'batch_size'),
    )
    .addCheckConstraint('payments_reason', exactlyWhen(`state = 'failed'`, 'reason', 'message'))
    .addCheckConstraint('payments_delivered', sql`delivered = 0 or (delivered = 1 and state = 'settled')`)
    .addCheckConstraint('payments_locator', sql`log_index >= 0 and batch_size >= 1`)
    .addCheckConstraint('payments_amount', digits('amount'))
    .addCheckConstraint('payments_expires', digits('expires'))
    .addCheckConstraint('payments_key_length', sql`length(idempotency_key) between 1 and 512`)
    .modifyEnd(flavour.tableEnd)
    .execute();

  await db.schema
    .createTable('transactions')
    .addColumn('hash', 'text', (column) => column.primaryKey().notNull())
    .addColumn('network', 'text', (column) => column.notNull())
    .addColumn('signer', 'text', (column) => column.notNull())
    .addColumn('nonce', flavour.integer, (column) => column.notNull())
    .addColumn('attempt', flavour.integer, (column) => column.notNull().defaultTo(0))
    .addColumn('bytes', 'text')
    .addColumn('outcome', 'text', (column) => column.notNull())
    .addColumn('block', flavour.integer)
    .addColumn('cost', 'text')
    .addColumn('created_at', flavour.integer, (column) => column.notNull())
    .addUniqueConstraint('transactions_nonce', ['network', 'signer', 'nonce', 'attempt'])
    .addCheckConstraint('transactions_outcome', sql`outcome in ('open', 'included', 'superseded')`)
    .addCheckConstraint('transactions_bytes', exactlyWhen(`outcome = 'open'`, 'bytes'))
    .addCheckConstraint('transactions_included', exactlyWhen(`outcome = 'included'`, 'block', 'cost'))
    .addCheckConstraint('transactions_numbers', sql`nonce >= 0 and attempt >= 0 and coalesce(block, 0) >= 0`)
    .addCheckConstraint('transactions_cost', digits('cost'))
    .addCheckConstraint('transactions_hash', sql`hash <> ''`)
    .modifyEnd(flavour.tableEnd)
    .execute();

  await db.schema
    .createTable('items')
    .addColumn('transaction_hash', 'text', (column) => column.notNull().references('transactions.hash'))
    .addColumn('position', flavour.integer, (column) => column.notNull())
    .addColumn('payment_id', 'text', (column) => column.notNull().references('payments.id'))
    .addPrimaryKeyConstraint('items_place', ['transaction_hash', 'position'])
    .addUniqueConstraint('items_once', ['payment_id', 'transaction_hash'])
    .addCheckConstraint('items_position', sql`position >= 0`)
    .modifyEnd(flavour.tableEnd)
    .execute();

  await db.schema
    .createIndex('transactions_included_once')
    .unique()
    .on('transactions')
    .columns(['network', 'signer', 'nonce'])
    .where(includedTransaction)
    .execute();

  // One transfer pays one payment, whatever anybody believes to have seen.
  await db.schema
    .createIndex('payments_transfer')
    .unique()
    .on('payments')
    .columns(['transaction_hash', 'log_index', 'network'])
    .where(sql<boolean>`log_index is not null`)
    .execute();

  // Recovery reads only what is unfinished, however many final rows there are.
  await db.schema
    .createIndex('payments_unfinished')
    .on('payments')
    .columns(['network', 'claimed_at'])
    .where(unfinishedPayment)
    .execute();
  await db.schema
    .createIndex('transactions_open')
    .on('transactions')
    .columns(['network', 'nonce'])
    .where(openTransaction)
    .execute();
  // Pruning finds the oldest among those that are final. Times are text: their length comes before their digits.
  await db.schema
    .createIndex('payments_expired')
    .on('payments')
    .expression(sql`length(expires), expires`)
    .where(sql<boolean>`concluded_at is not null`)
    .execute();
  await db.schema
    .createIndex('payments_transaction_hash')
    .on('payments')
    .column('transaction_hash')
    .where(sql<boolean>`transaction_hash is not null`)
    .execute();
}
