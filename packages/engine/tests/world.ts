/** An engine over the fake ledger and a real journal, whose process can die and start again. */
import type { Payment } from '@facilitator/protocol';
import { createJournal } from '../../journal/src/create-journal.ts';
import { alone } from '../../journal/src/peers.ts';
import { openSqlite } from '../../journal/src/sqlite/open-sqlite.ts';
import { createEngine } from '../src/create-engine.ts';
import type { Engine, NetworkRules, Settlement, SettleOptions } from '../src/engine.ts';
import type { Clock } from '../src/ports/clock.ts';
import type { Journal } from '../src/ports/journal.ts';
import type { EngineEvent } from '../src/ports/meter.ts';
import { fakeChain } from './fake-chain.ts';
import { createFakeClock, type FakeClock } from './fake-clock.ts';
import { FakeLedger } from './fake-ledger.ts';
import { authorizationOf } from './fake-payment.ts';
import { mortal } from './mortal.ts';

export type World = {
  readonly clock: FakeClock;
  readonly ledger: FakeLedger;
  readonly journal: Journal;
  readonly events: EngineEvent[];
  /** The journal's calls reject while this is true. */
  journalBroken: boolean;
  /** The next of these calls of the journal is carried out and reported as failed. */
  readonly uncertainCalls: Set<string>;
  /** Called while a call of the journal is under way; its outcome is told when this has resolved. */
  meanwhile: (call: string) => void | Promise<void>;
  engine: Engine;
  start(): Promise<void>;
  /** kill -9: nothing of the old engine runs any more. */
  crash(): void;
  settle(payment: Payment, how?: Partial<SettleOptions>): Promise<Settlement>;
  /** Mines and lets time pass, one block a second. */
  blocks(count: number): Promise<void>;
  close(): Promise<void>;
};

/** `nonceWindow`: transactions a signer may have open. */
export async function createWorld(
  signers: readonly string[] = ['0xone'],
  nonceWindow = 12,
  rules: NetworkRules = {},
): Promise<World> {
  const clock = createFakeClock();
  const ledger = new FakeLedger(clock);
  const store = await openSqlite(':memory:', 0n);
  let processes = 0n;
  /** What the next process opens: the same store, and claims of earlier ones are of the dead. */
  const openJournal = () => {
    processes += 1n;
    return createJournal({ ...store, peers: alone(processes) }, { clock, windowMs: 0, groupMost: 256 });
  };
  const journal = openJournal();
  const events: EngineEvent[] = [];
  let kill = () => {};

  const world: World = {
    clock,
    ledger,
    journal,
    events,
    journalBroken: false,
    uncertainCalls: new Set(),
    meanwhile: () => {},
    engine: createEngine({ journal, clock, meter: { record: () => {} } }),
    async start() {
      let alive = true;
      kill = () => {
        alive = false;
      };
      const mortalClock: Clock = { ...clock, after: (ms, act) => clock.after(ms, () => alive && act()) };
      world.engine = createEngine({
        journal: mortal(
          openJournal(),
          () => alive,
          () => world.journalBroken,
          {
            meanwhile: (call) => world.meanwhile(call),
            uncertain: (call) => world.uncertainCalls.delete(call),
          },
        ),
        clock: mortalClock,
        meter: { record: (event) => alive && events.push(event) },
        nonceWindow,
      });
      world.engine.add(
        fakeChain(ledger, signers, () => alive),
        rules,
      );
      let opened = false;
      void world.engine.open().then(() => {
        opened = true;
      });
      // Its first look may take a while.
      for (let ms = 0; !opened; ms = 10) await clock.advance(ms);
    },
    crash: () => kill(),
    settle(payment, how = {}) {
      const { anchor, expires } = authorizationOf(payment);
      ledger.expiries.set(anchor, expires);
      return world.engine.settle(payment, { waitMs: 20_000, signal: new AbortController().signal, ...how });
    },
    async blocks(count) {
      for (let i = 0; i < count; i += 1) {
        await clock.advance(1_000);
        ledger.mine();
      }
      await clock.advance(1_000);
    },
    async close() {
      const closed = world.engine.close();
      await clock.advance(10);
      await closed;
      await journal.close();
    },
  };
  await world.start();
  return world;
}
