/** kill -9 in the middle of a storm of writes: what was acknowledged is there, and nothing is there by half. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Journal } from '@facilitator/engine';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { NETWORK } from './samples.ts';
import type { Place, StoreUnderTest } from './store-under-test.ts';

const PROCESS = fileURLToPath(new URL('./storm-process.ts', import.meta.url));

/** Runs a storm, kills it once it has acknowledged `count` writes, and answers all that it acknowledged. */
async function storm(url: string, run: number, count: number): Promise<readonly (readonly string[])[]> {
  const child = spawn(process.execPath, [PROCESS, url, `${run}`], { stdio: ['ignore', 'pipe', 'inherit'] });
  const closed = once(child, 'close');
  const lines: string[][] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line.split(' '));
    if (lines.length === count) child.kill('SIGKILL');
  }
  const [, signal] = await closed;
  expect(signal).toBe('SIGKILL');
  return lines;
}

async function expectKept(journal: Journal, lines: readonly (readonly string[])[]): Promise<void> {
  for (const [what, ...words] of lines) {
    const [first = '', nonce, ...ids] = words;
    if (what === 'claimed') expect(await journal.payment(first)).toBeDefined();
    else if (what === 'prepared') {
      const carried = await journal.paymentsByTransaction(first);
      expect(carried.map(({ id }) => id)).toEqual(ids);
      expect(carried.map(({ state }) => state)).not.toContain('claimed');
      expect(nonce).toMatch(/^\d+$/);
    } else if (what === 'settled')
      for (const id of words)
        expect(await journal.payment(id)).toMatchObject({ state: 'settled', authorization: undefined });
    else expect(await journal.payment(first)).toMatchObject({ state: 'settled', delivered: true });
  }
}

/** No transaction without its three items, no prepared payment without its transaction, no nonce left out. */
async function expectWhole(place: Place): Promise<void> {
  const partial = await place.sql(`select hash from transactions where
    (select count(*) from items where transaction_hash = hash) <> 3`);
  expect(partial).toEqual([]);
  const orphans = await place.sql(`select id from payments where state = 'prepared' and not exists
    (select 1 from items where payment_id = id and transaction_hash = payments.transaction_hash)`);
  expect(orphans).toEqual([]);
  const gaps = await place.sql(`select signer from transactions group by signer having max(nonce) + 1 <> count(*)`);
  expect(gaps).toEqual([]);
}

export function describeDurability(store: StoreUnderTest): void {
  describe('durability', () => {
    let place: Place;
    beforeEach(async () => {
      place = await store.place();
    });
    afterEach(() => place.clear());

    test('keeps every acknowledged write through three kills', async () => {
      const acknowledged: (readonly string[])[] = [];
      for (const [run, count] of [150, 400, 777].entries()) {
        acknowledged.push(...(await storm(place.url, run, count)));
        const journal = await place.open();
        await expectKept(journal, acknowledged);
        const { attempts } = await journal.unfinished(NETWORK);
        for (const attempt of attempts) expect(attempt).toMatchObject({ bytes: `bytes of ${attempt.hash}` });
        await journal.close();
        await expectWhole(place);
      }
      expect(new Set(acknowledged.map(([what]) => what))).toEqual(
        new Set(['claimed', 'prepared', 'settled', 'delivered']),
      );
    });
  });
}
