/** The tables refuse what the state machine forbids, even from a hand at the database’s own prompt. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { failedBy, INCLUDED, preparedWith, sampleClaim, settledBy } from './samples.ts';
import type { Place, StoreUnderTest } from './store-under-test.ts';

/** Statement, and the constraint that stops it. */
const FORBIDDEN = [
  [`update payments set state = 'prepared' where id = 'claimed'`, 'payments_transaction'],
  [`update payments set transaction_hash = '0x1' where id = 'claimed'`, 'payments_transaction'],
  [`update payments set state = 'settled' where id = 'claimed'`, 'payments_'],
  [`update payments set state = 'failed' where id = 'claimed'`, 'payments_'],
  [
    `update payments set state = 'paid', stored_authorization = null, transaction_hash = '0x1' where id = 'claimed'`,
    'payments_state',
  ],
  [`update payments set stored_authorization = null where id = 'claimed'`, 'payments_authorization'],
  [`update payments set concluded_at = 1 where id = 'claimed'`, 'payments_concluded'],
  [`update payments set delivered = 1 where id = 'claimed'`, 'payments_delivered'],
  [`update payments set amount = '-1' where id = 'claimed'`, 'payments_amount'],
  [`update payments set amount = '1.5' where id = 'claimed'`, 'payments_amount'],
  [`update payments set expires = '' where id = 'claimed'`, 'payments_expires'],
  [`update payments set owner = null where id = 'claimed'`, 'owner'],
  [`update payments set state = 'prepared' where id = 'queued'`, 'payments_transaction'],
  [`update payments set transaction_hash = '0x1' where id = 'queued'`, 'payments_transaction'],
  [`update payments set state = 'settled' where id = 'queued'`, 'payments_'],
  [`update payments set state = 'failed' where id = 'queued'`, 'payments_'],
  [`update payments set stored_authorization = null where id = 'queued'`, 'payments_authorization'],
  [`update payments set concluded_at = 1 where id = 'queued'`, 'payments_concluded'],
  [`update payments set delivered = 1 where id = 'queued'`, 'payments_delivered'],
  [`update payments set idempotency_key = 'key' where id = 'prepared'`, 'key'],
  [`update payments set state = 'queued' where id = 'prepared'`, 'payments_transaction'],
  [`update payments set state = 'claimed' where id = 'prepared'`, 'payments_transaction'],
  [`update payments set transaction_hash = null where id = 'prepared'`, 'payments_transaction'],
  [`update payments set stored_authorization = null where id = 'prepared'`, 'payments_authorization'],
  [`update payments set state = 'settled' where id = 'prepared'`, 'payments_'],
  [
    `update payments set state = 'settled', stored_authorization = null, concluded_at = 1 where id = 'prepared'`,
    'payments_evidence',
  ],
  [
    `update payments set state = 'failed', stored_authorization = null, concluded_at = 1 where id = 'prepared'`,
    'payments_reason',
  ],
  [`update payments set delivered = 1 where id = 'prepared'`, 'payments_delivered'],
  [`update payments set state = 'claimed' where id = 'settled'`, 'payments_'],
  [`update payments set state = 'prepared' where id = 'settled'`, 'payments_'],
  [`update payments set state = 'failed' where id = 'settled'`, 'payments_'],
  [`update payments set stored_authorization = 'back' where id = 'settled'`, 'payments_authorization'],
  [`update payments set transaction_hash = null where id = 'settled'`, 'payments_transaction'],
  [`update payments set log_index = null where id = 'settled'`, 'payments_evidence'],
  [`update payments set authorization_nonce = null where id = 'settled'`, 'payments_evidence'],
  [`update payments set batch_size = null where id = 'settled'`, 'payments_evidence'],
  [`update payments set batch_size = 0 where id = 'settled'`, 'payments_locator'],
  [`update payments set log_index = -1 where id = 'settled'`, 'payments_locator'],
  [`update payments set concluded_at = null where id = 'settled'`, 'payments_concluded'],
  [
    `update payments set transaction_hash = '0xdone', log_index = 3 where id = 'settled too'`,
    'payments_transfer|payments.transaction_hash, payments.log_index',
  ],
  [`update payments set delivered = 2 where id = 'settled'`, 'payments_delivered'],
  [`update payments set reason = 'why' where id = 'settled'`, 'payments_reason'],
  [`update payments set state = 'settled' where id = 'failed'`, 'payments_'],
  [`update payments set state = 'prepared' where id = 'failed'`, 'payments_'],
  [`update payments set state = 'claimed' where id = 'failed'`, 'payments_'],
  [`update payments set reason = null where id = 'failed'`, 'payments_reason'],
  [`update payments set message = null where id = 'failed'`, 'payments_reason'],
  [`update payments set log_index = 1 where id = 'failed'`, 'payments_evidence'],
  [`update payments set delivered = 1 where id = 'failed'`, 'payments_delivered'],
  [`insert into payments select * from payments where id = 'claimed'`, 'payments'],
  [`delete from payments where id = 'prepared'`, ''],
  [`update transactions set outcome = 'dropped', bytes = null where hash = '0xopen'`, 'transactions_outcome'],
  [`update transactions set outcome = 'included' where hash = '0xopen'`, 'transactions_'],
  [`update transactions set outcome = 'included', bytes = null where hash = '0xopen'`, 'transactions_included'],
  [`update transactions set outcome = 'superseded' where hash = '0xopen'`, 'transactions_bytes'],
  [`update transactions set bytes = null where hash = '0xopen'`, 'transactions_bytes'],
  [`update transactions set block = 5 where hash = '0xopen'`, 'transactions_included'],
  [`update transactions set outcome = 'open' where hash = '0xdone'`, 'transactions_'],
  [`update transactions set block = null where hash = '0xdone'`, 'transactions_included'],
  [`update transactions set cost = 'a lot' where hash = '0xdone'`, 'transactions_cost'],
  [`update transactions set nonce = -1 where hash = '0xdone'`, 'transactions_numbers'],
  [`update transactions set nonce = 0`, 'transactions'],
  [`update transactions set hash = '0xdone' where hash = '0xopen'`, ''],
  [`delete from transactions where hash = '0xopen'`, ''],
  [`insert into items values ('0xnone', 0, 'claimed')`, ''],
  [`insert into items values ('0xopen', 7, 'nobody')`, ''],
  [`insert into items values ('0xopen', 7, 'prepared')`, 'items'],
  [`insert into items values ('0xopen', 0, 'claimed')`, 'items'],
] as const;

export function describeConstraints(store: StoreUnderTest): void {
  describe('constraints', () => {
    let place: Place;
    let before: unknown;
    const everything = async () => [
      await place.sql('select * from payments order by id'),
      await place.sql('select * from transactions order by hash'),
      await place.sql('select * from items order by transaction_hash, position'),
    ];

    beforeAll(async () => {
      place = await store.place();
      const journal = await place.open();
      await preparedWith(journal, '0xdone', ['settled', 'failed']);
      await journal.resolve('0xdone', INCLUDED, [
        { id: 'settled', conclusion: settledBy('0xdone') },
        { id: 'failed', conclusion: failedBy('0xdone') },
      ]);
      await preparedWith(journal, '0xtoo', ['settled too']);
      await journal.resolve('0xtoo', INCLUDED, [{ id: 'settled too', conclusion: settledBy('0xtoo') }]);
      await journal.claim(sampleClaim('claimed', { key: 'key' }));
      await journal.claim(sampleClaim('queued'));
      await journal.handOver('queued');
      await preparedWith(journal, '0xopen', ['prepared']);
      await journal.close();
      before = await everything();
    });
    afterAll(() => place.clear());

    test.each(FORBIDDEN)('%s', async (statement, constraint) => {
      const refusal = place.sql(statement);
      await expect(refusal).rejects.toThrow(/constraint/i);
      await expect(refusal).rejects.toThrow(new RegExp(constraint));
      expect(await everything()).toEqual(before);
    });

    test('a replacement at the same nonce has its place: the next attempt', async () => {
      const second = `insert into transactions (hash, network, signer, nonce, attempt, bytes, outcome, created_at)
        select '0xbumped', network, signer, nonce, attempt + 1, bytes, outcome, created_at
        from transactions where hash = '0xopen'`;
      await place.sql(second);
      await place.sql(`delete from transactions where hash = '0xbumped'`);
      await expect(place.sql(second.replace('attempt + 1', 'attempt'))).rejects.toThrow(/unique/i);
    });
  });
}
