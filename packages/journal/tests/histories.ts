/** Random histories: both stores behave like the model, one call at a time and many at once. */
import type { AttemptOutcome, Conclusion, Journal } from '@facilitator/engine';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ModelJournal, Refused } from './model.ts';
import { failedBy, INCLUDED, SUPERSEDED, sampleClaim, settledBy, write } from './samples.ts';
import { NOW, type Place, type StoreUnderTest } from './store-under-test.ts';

/** One call on a journal, and the same on the model. */
type Step = {
  readonly label: string;
  readonly run: (journal: Journal, here: Here) => Promise<unknown>;
  readonly expect: (model: ModelJournal, here: Here) => unknown;
};

/** Names of one history: several share a database. */
type Here = { readonly network: `${string}:${string}`; readonly name: (short: string) => string };

const id = fc.constantFrom('a', 'b', 'c', 'd');
const hash = fc.constantFrom('h0', 'h1', 'h2', 'h3', 'h4', 'h5');
const outcome = fc.constantFrom<AttemptOutcome>(INCLUDED, SUPERSEDED);

function conclusion(here: Here, kind: number, by: string): Conclusion {
  if (kind === 0) return failedBy('');
  if (kind === 1) return failedBy(here.name(by));
  // Two transfers for four payments: now and then two want the same one.
  return settledBy(here.name(by), { delivered: kind === 2, logIndex: kind > 3 ? 1 : 0 });
}
const kind = fc.nat(5);

function step(label: string, run: Step['run'], expected: Step['expect']): Step {
  return { label, run, expect: expected };
}

/** What one payer's authorization may be presented for; the first is far more common. */
const fingerprint = fc.oneof({ arbitrary: fc.constant('usual'), weight: 6 }, fc.constant('other'));

const claim = (key: fc.Arbitrary<string | undefined>) =>
  fc.tuple(id, key, fingerprint).map(([which, k, terms]) => {
    const claimed = (here: Here) =>
      sampleClaim(here.name(which), {
        network: here.network,
        fingerprint: terms,
        ...(k === undefined ? {} : { key: here.name(k) }),
      });
    return step(
      `claim ${which} ${k} ${terms}`,
      (journal, here) => journal.claim(claimed(here)),
      (model, here) => model.claim(claimed(here)),
    );
  });
const release = id.map((which) =>
  step(
    `release ${which}`,
    (journal, here) => journal.release(here.name(which)),
    (model, here) => model.release(here.name(which)),
  ),
);
const handOver = id.map((which) =>
  step(
    `hand over ${which}`,
    (journal, here) => journal.handOver(here.name(which)),
    (model, here) => model.handOver(here.name(which)),
  ),
);
const items = fc.array(fc.tuple(id, fingerprint), { maxLength: 3 });
const prepare = fc
  .tuple(items, hash, fc.constantFrom('s', 't'), fc.bigInt(0n, 9n))
  .map(([which, by, signer, floor]) => {
    const lane = (here: Here) => ({ network: here.network, signer: here.name(signer), floor });
    const carried = (here: Here) => which.map(([short, terms]) => ({ id: here.name(short), fingerprint: terms }));
    return step(
      `prepare ${which.join(' ')} ${by} by ${signer}`,
      (journal, here) =>
        journal.prepare(lane(here), carried(here), async (nonce) => ({
          hash: here.name(by),
          bytes: `bytes at ${nonce}`,
        })),
      (model, here) => model.prepare(lane(here), carried(here), here.name(by)),
    );
  });
const replace = fc.tuple(hash, hash).map(([over, by]) => {
  const signed = (here: Here) => ({ hash: here.name(by), bytes: `${by} over ${over}` });
  return step(
    `replace ${over} by ${by}`,
    (journal, here) => journal.replace(here.name(over), signed(here)),
    (model, here) => model.replace(here.name(over), signed(here)),
  );
});
const resolve = fc.tuple(hash, outcome, fc.array(fc.tuple(id, kind), { maxLength: 3 })).map(([by, what, ends]) => {
  const conclusions = (here: Here) =>
    ends.map(([which, k]) => ({ id: here.name(which), conclusion: conclusion(here, k, by) }));
  return step(
    `resolve ${by} ${what.status} ${ends.join(' ')}`,
    (journal, here) => journal.resolve(here.name(by), what, conclusions(here)),
    (model, here) => model.resolve(here.name(by), what, conclusions(here)),
  );
});
const conclude = fc.tuple(id, kind, hash).map(([which, k, by]) =>
  step(
    `conclude ${which} ${k} ${by}`,
    (journal, here) => journal.conclude(here.name(which), conclusion(here, k, by)),
    (model, here) => model.conclude(here.name(which), conclusion(here, k, by)),
  ),
);
const deliver = id.map((which) =>
  step(
    `deliver ${which}`,
    (journal, here) => journal.deliver(here.name(which)),
    (model, here) => model.deliver(here.name(which)),
  ),
);
const undeliver = id.map((which) =>
  step(
    `undeliver ${which}`,
    (journal, here) => journal.undeliver(here.name(which)),
    (model, here) => model.undeliver(here.name(which)),
  ),
);

/**
 * Steps at the same time behave as in the order of their calls. Not among them: `prepare`, which reads first,
 * `replace`, which names no payments, and keys, which tie payments together that are otherwise independent.
 */
const burst = fc.array(fc.oneof(claim(fc.constant(undefined)), handOver, resolve, conclude, deliver, undeliver), {
  minLength: 2,
  maxLength: 8,
});
const alone = fc
  .oneof(
    claim(fc.constantFrom(undefined, 'k', 'l')),
    release,
    handOver,
    { arbitrary: prepare, weight: 3 },
    { arbitrary: replace, weight: 2 },
    resolve,
    conclude,
    deliver,
    undeliver,
  )
  .map((each) => [each]);
const rest = fc.array(fc.oneof({ arbitrary: alone, weight: 3 }, burst), { maxLength: 25 });

const usual = (here: Here, which: string) =>
  sampleClaim(here.name(which), { network: here.network, fingerprint: 'usual' });
const usualItems = (here: Here) => ['a', 'b', 'c'].map((which) => ({ id: here.name(which), fingerprint: 'usual' }));

/** Half of all histories start with payments that are prepared, settled and failed, where chance alone rarely comes. */
const opening: readonly (readonly Step[])[] = [
  ['a', 'b', 'c'].map((which) =>
    step(
      `claim ${which}`,
      (journal, here) => journal.claim(usual(here, which)),
      (model, here) => model.claim(usual(here, which)),
    ),
  ),
  [
    step(
      'prepare a, b and c',
      (journal, here) =>
        journal.prepare({ network: here.network, signer: here.name('s'), floor: 0n }, usualItems(here), async () => ({
          hash: here.name('h0'),
          bytes: 'bytes at 0',
        })),
      (model, here) =>
        model.prepare({ network: here.network, signer: here.name('s'), floor: 0n }, usualItems(here), here.name('h0')),
    ),
  ],
  [
    step(
      'conclude a and b',
      async (journal, here) => [
        await journal.conclude(here.name('a'), conclusion(here, 3, 'h0')),
        await journal.conclude(here.name('b'), conclusion(here, 1, 'h0')),
      ],
      (model, here) => [
        model.conclude(here.name('a'), conclusion(here, 3, 'h0')),
        model.conclude(here.name('b'), conclusion(here, 1, 'h0')),
      ],
    ),
  ],
];
const history = fc.tuple(fc.boolean(), rest).map(([prepared, steps]) => (prepared ? [...opening, ...steps] : steps));

async function answer(call: () => unknown): Promise<unknown> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof Refused || (error instanceof Error && 'fault' in error && error.fault === 'refused'))
      return 'refused';
    throw error;
  }
}

async function playAndCompare(journal: Journal, run: number, steps: readonly (readonly Step[])[]): Promise<void> {
  const model = new ModelJournal(NOW);
  const here: Here = { network: `test:${run}`, name: (short) => `${run}${short}` };
  const resign = await write(journal, here.network);
  for (const together of steps) {
    const actual = Promise.all(together.map((each) => answer(() => each.run(journal, here))));
    const wanted = [];
    for (const each of together) wanted.push(await answer(() => each.expect(model, here)));
    expect(await actual).toEqual(wanted);
  }
  for (const short of ['a', 'b', 'c', 'd'])
    expect(await journal.payment(here.name(short))).toEqual(model.payments.get(here.name(short)));
  for (const short of ['h0', 'h1', 'h2', 'h3', 'h4', 'h5'])
    expect(await journal.paymentsByTransaction(here.name(short))).toEqual(
      model.paymentsByTransaction(here.name(short)),
    );
  expect(await journal.unfinished(here.network)).toEqual(model.unfinished());
  await resign();
}

export function describeHistories(store: StoreUnderTest, runs: number): void {
  describe('histories', () => {
    let place: Place;
    let journal: Journal;
    beforeAll(async () => {
      place = await store.place();
      journal = await place.open();
    });
    afterAll(() => place.clear());

    test('every history is the model’s', async () => {
      let run = 0;
      await fc.assert(
        fc.asyncProperty(history, async (steps) => {
          await playAndCompare(journal, run++, steps);
        }),
        { numRuns: runs },
      );
    });
  });
}
