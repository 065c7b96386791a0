import { expect, it } from 'vitest';
import { createFakeClock } from '../tests/fake-clock.ts';
import { NETWORK } from '../tests/fake-payment.ts';
import { createGate } from './gate.ts';
import type { Opening } from './ports/chain.ts';

const OPEN = { status: 'open', notes: [], whole: true } as const;
const PART = { status: 'open', notes: ['USDC switched off: there is no contract'], whole: false } as const;
const SILENT = { status: 'unreachable', reason: 'timeout' } as const;
const BUSY = { status: 'unreachable', reason: 'busy' } as const;
const WRONG = { status: 'closed', reason: 'chain 1' } as const;
const MINUTES = 60_000;

/** A network that answers so, one after the other; the last for ever. */
function gateOf(first: Opening, ...later: readonly Opening[]) {
  const clock = createFakeClock();
  const openings = [first, ...later];
  const events: string[] = [];
  let asked = 0;
  let prepared = 0;
  const gate = createGate({
    chain: {
      network: NETWORK,
      async open() {
        asked += 1;
        return openings[Math.min(asked, openings.length) - 1] ?? first;
      },
    },
    clock,
    meter: {
      record(event) {
        const reason = 'reason' in event ? ` ${event.reason}` : '';
        events.push(event.type === 'network.open' ? `open ${event.notes.length}` : `${event.type}${reason}`);
      },
    },
    prepare: async () => {
      prepared += 1;
    },
  });
  return { gate, clock, events, counts: () => ({ asked, prepared }) };
}

it('asks again until the network opens, and then no more', async () => {
  const { gate, clock, events, counts } = gateOf(SILENT, SILENT, OPEN);
  await gate.open();
  expect(gate.view()).toEqual({ status: 'unreachable', reason: 'timeout' });
  await clock.advance(60 * MINUTES);
  expect(gate.view()).toEqual({ status: 'open', reason: '' });
  expect([events, counts()]).toEqual([['network.unreachable timeout', 'open 0'], { asked: 3, prepared: 1 }]);
});

it('says what keeps it shut, once for each thing', async () => {
  const { gate, clock, events } = gateOf(SILENT, SILENT, WRONG, WRONG, SILENT, BUSY, OPEN);
  await gate.open();
  await clock.advance(60 * MINUTES);
  expect(events).toEqual([
    'network.unreachable timeout',
    'network.closed chain 1',
    'network.unreachable timeout',
    'network.unreachable busy',
    'open 0',
  ]);
});

it('looks again now and then while part of it is switched off, and says what changed', async () => {
  const { gate, clock, events, counts } = gateOf(PART, PART, SILENT, OPEN);
  await gate.open();
  await clock.advance(11 * MINUTES);
  expect([gate.view().status, events, counts()]).toEqual(['open', ['open 1'], { asked: 3, prepared: 1 }]);
  await clock.advance(60 * MINUTES);
  expect([gate.view().status, events, counts()]).toEqual(['open', ['open 1', 'open 0'], { asked: 4, prepared: 1 }]);
});

it('asks nothing any more once it was stopped', async () => {
  const { gate, clock, counts } = gateOf(PART);
  await gate.open();
  gate.stop();
  await clock.advance(60 * MINUTES);
  expect(counts()).toEqual({ asked: 1, prepared: 1 });
});
