/** Several processes over one store and one ledger. Each can be killed, stopped and started again. */
import type { Payment } from '@facilitator/protocol';
import { createJournal } from '../../journal/src/create-journal.ts';
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
import { createMemoryPeers, type Member } from './memory-peers.ts';
import { mortal, type Trouble } from './mortal.ts';

/** One process. */
type Replica = {
  readonly engine: Engine;
  readonly member: Member;
  /** Its journal's writes reject while this is true. */
  journalBroken: boolean;
  /** Those of its journal's calls that reject. */
  readonly brokenCalls: Set<string>;
  alive: boolean;
};

export type Replicas = {
  readonly clock: FakeClock;
  readonly ledger: FakeLedger;
  /** For looking into the store. */
  readonly journal: Journal;
  readonly events: EngineEvent[];
  /** Those that take requests now. */
  readonly running: Replica[];
  /** Called while a call of a process's journal is under way; its outcome is told when this has resolved. */
  meanwhile: (call: string) => void | Promise<void>;
  settle(at: number, payment: Payment, how?: Partial<SettleOptions>): Promise<Settlement>;
  /** kill -9, and another process in its place. */
  crash(at: number): Promise<void>;
  /** SIGTERM, and another process in its place at once. Resolves when that one is open; the old one goes on closing. */
  deploy(at: number): Promise<void>;
  /** Mines and lets time pass, one block a second. */
  blocks(count: number): Promise<void>;
  close(): Promise<void>;
};

const GRACE_MS = 2_000;

export async function createReplicas(
  count: number,
  signers: readonly string[] = ['0xone'],
  nonceWindow = 12,
  rules: NetworkRules = {},
): Promise<Replicas> {
  const clock = createFakeClock();
  const ledger = new FakeLedger(clock);
  const store = await openSqlite(':memory:', 0n);
  const { join } = createMemoryPeers();
  const events: EngineEvent[] = [];
  const running: Replica[] = [];
  let processes = 0n;

  function openJournal(member: Member): Journal {
    const journal = createJournal(
      {
        ...store,
        peers: member.peers,
        async commit(transaction, seal) {
          await store.commit(transaction, seal);
          member.tell(seal.news);
        },
        close: async () => {},
      },
      { clock, windowMs: 0, groupMost: 256 },
    );
    return { ...journal, shared: true };
  }

  async function start(at: number): Promise<void> {
    processes += 1n;
    const member = join(processes);
    const alive = () => replica.alive;
    const mortalClock: Clock = { ...clock, after: (ms, act) => clock.after(ms, () => alive() && act()) };
    const broken = (call: string) => replica.journalBroken || replica.brokenCalls.has(call);
    const trouble: Trouble = { meanwhile: (call) => replicas.meanwhile(call), uncertain: () => false };
    const journal = mortal(openJournal(member), alive, broken, trouble);
    const engine = createEngine({
      journal,
      clock: mortalClock,
      meter: { record: (event) => alive() && events.push(event) },
      nonceWindow,
    });
    const replica: Replica = { engine, member, journalBroken: false, brokenCalls: new Set(), alive: true };
    running[at] = replica;
    engine.add(fakeChain(ledger, signers, alive), rules);
    const opened = engine.open();
    await clock.advance(0);
    await opened;
  }

  function at(index: number): Replica {
    const replica = running[index % count];
    if (replica === undefined) throw new Error(`no replica ${index}`);
    return replica;
  }

  const reader = join(processes);
  const replicas: Replicas = {
    ...{ clock, ledger, events, running },
    journal: openJournal(reader),
    meanwhile: () => {},
    settle(index, payment, how = {}) {
      const { anchor, expires } = authorizationOf(payment);
      ledger.expiries.set(anchor, expires);
      return at(index).engine.settle(payment, { waitMs: 20_000, signal: new AbortController().signal, ...how });
    },
    async crash(index) {
      const replica = at(index);
      replica.alive = false;
      replica.member.leave();
      await start(index % count);
    },
    async deploy(index) {
      const old = at(index);
      void old.engine.close(GRACE_MS).then(
        () => {
          old.alive = false;
          old.member.leave();
        },
        () => old.member.leave(),
      );
      await start(index % count);
    },
    async blocks(wanted) {
      for (let i = 0; i < wanted; i += 1) {
        await clock.advance(1_000);
        ledger.mine();
      }
      await clock.advance(1_000);
    },
    async close() {
      const closed = Promise.all(running.map(({ engine }) => engine.close()));
      await clock.advance(10);
      await closed;
      await store.close();
    },
  };
  for (let index = 0; index < count; index += 1) await start(index);
  return replicas;
}
