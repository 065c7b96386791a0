/**
 * What the journal stores per second: claims, prepares and resolves of whole payments, on SQLite and on a PostgreSQL of
 * its own, both with their fsync. Run it with `node bench/journal.ts`; numbers say something only on an idle machine.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Journal, systemClock } from '@facilitator/engine';
import { openJournal } from '@facilitator/journal';
import { startPostgres } from '@facilitator/testing';

const NETWORK = 'eip155:84532';
/** As long as a stored EIP-3009 authorization, and as a signed transaction around it. */
const FINGERPRINT = 'f'.repeat(64);
const AUTHORIZATION = 'a'.repeat(900);
const BYTES = `0x${'b'.repeat(900)}`;

type Load = {
  readonly label: string;
  readonly payments: number;
  /** Writers at the same time: each is a lane of its own. */
  readonly writers: number;
  /** Payments per transaction. */
  readonly batch: number;
  readonly groupMost: number;
};

const LOADS: readonly Load[] = [
  { label: 'one by one', payments: 1_000, writers: 1, batch: 1, groupMost: 1 },
  { label: '64 writers, each commit alone', payments: 3_000, writers: 64, batch: 1, groupMost: 1 },
  { label: '64 writers, grouped', payments: 20_000, writers: 64, batch: 1, groupMost: 256 },
  { label: '64 writers, 50 per transaction', payments: 60_000, writers: 64, batch: 50, groupMost: 256 },
];

function* numbers(count: number): Generator<number> {
  for (let at = 0; at < count; at++) yield at;
}

/** Payments per second while `writers` share `jobs`; `each` handles `size` payments. */
async function rate(
  writers: number,
  jobs: number,
  size: number,
  each: (job: number, writer: number) => Promise<unknown>,
) {
  const queue = numbers(jobs);
  const started = performance.now();
  const work = async (writer: number) => {
    for (const job of queue) await each(job, writer);
  };
  await Promise.all(Array.from({ length: writers }, (_, writer) => work(writer)));
  return Math.round((jobs * size) / ((performance.now() - started) / 1_000));
}

async function measure(journal: Journal, load: Load): Promise<Record<string, number>> {
  const { payments, writers, batch } = load;
  const id = (at: number) => `0x${at.toString(16).padStart(64, '0')}`;
  const transactions = Math.floor(payments / batch);
  const items = (transaction: number) => Array.from({ length: batch }, (_, at) => id(transaction * batch + at));
  const hashes: string[] = [];

  const claims = await rate(batch > 1 ? writers * 8 : writers, transactions * batch, 1, (at) =>
    journal.claim({
      id: id(at),
      network: NETWORK,
      asset: '0x036CbD53842c5426634e7929541eC2318f3dCF7e',
      payer: `0x${'1'.repeat(40)}`,
      payTo: `0x${'2'.repeat(40)}`,
      amount: 10_000n,
      expires: 2_000_000_000n,
      fingerprint: FINGERPRINT,
      authorization: AUTHORIZATION,
    }),
  );
  const prepares = await rate(writers, transactions, batch, async (transaction, writer) => {
    const hash = `0xe${transaction.toString(16).padStart(63, '0')}`;
    const sign = async () => ({ hash, bytes: BYTES });
    const carried = items(transaction).map((each) => ({ id: each, fingerprint: FINGERPRINT }));
    await journal.prepare({ network: NETWORK, signer: `signer-${writer}`, floor: 0n }, carried, sign);
    hashes[transaction] = hash;
  });
  const resolves = await rate(writers, transactions, batch, (transaction) => {
    const hash = hashes[transaction] ?? '';
    return journal.resolve(
      hash,
      { status: 'included', block: 1n, cost: 1n },
      items(transaction).map((payment, logIndex) => ({
        id: payment,
        conclusion: {
          state: 'settled',
          transaction: hash,
          locator: { logIndex, authorizationNonce: payment, batchSize: batch },
          delivered: true,
        },
      })),
    );
  });
  return { claims, prepares, resolves, payments: Math.round(1 / (1 / claims + 1 / prepares + 1 / resolves)) };
}

const folder = mkdtempSync(join(tmpdir(), 'facilitator-bench-'));
try {
  for (const load of LOADS) {
    const postgres = await startPostgres();
    try {
      const table: Record<string, Record<string, number>> = {};
      for (const [store, url] of [
        ['SQLite', `sqlite:${join(folder, `${load.label}.db`)}`],
        ['PostgreSQL', postgres.url],
      ] as const) {
        const journal = await openJournal({ url, clock: systemClock, groupMost: load.groupMost });
        await journal.compete(NETWORK, { onHeld() {}, onLost() {} });
        table[store] = await measure(journal, load);
        await journal.close();
      }
      process.stdout.write(`\n${load.label}: payments per second\n`);
      for (const [store, rates] of Object.entries(table))
        process.stdout.write(
          `  ${store.padEnd(11)}${Object.entries(rates)
            .map(([what, per]) => `${what} ${String(per).padStart(7)}`)
            .join('   ')}\n`,
        );
    } finally {
      await postgres.stop();
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
