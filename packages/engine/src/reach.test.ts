import { expect, it } from 'vitest';
import type { EngineEvent } from './ports/meter.ts';
import { createReach } from './reach.ts';

function outpost() {
  let now = 0;
  const events: EngineEvent[] = [];
  const clock = { milliseconds: () => now };
  const meter = { record: (event: EngineEvent) => void events.push(event) };
  const reach = createReach({ network: 'eip155:1', clock, meter, onFailed: () => undefined });
  const pass = (ms: number) => {
    now += ms;
  };
  return { reach, pass, told: () => events.map(({ type }) => type) };
}

it('is out when calls go unanswered three times in a row, until one is answered', () => {
  const { reach, told } = outpost();
  for (let at = 0; at < 2; at += 1) reach.failed('gone');
  expect([reach.outage(), reach.wavers()]).toEqual([undefined, true]);
  reach.failed('gone');
  expect(reach.outage()).toBe('gone');
  reach.heard();
  expect([reach.outage(), told()]).toEqual([undefined, ['rpc.silent', 'rpc.answers']]);
});

it('is out when nothing was seen of the chain for a while, whatever other calls say', () => {
  const { reach, pass, told } = outpost();
  for (let at = 0; at < 5; at += 1) {
    reach.looked('behind');
    reach.heard();
    pass(1_000);
  }
  expect(reach.outage()).toBeUndefined();
  pass(6_000);
  reach.looked('behind');
  reach.heard();
  expect([reach.outage(), told()]).toEqual(['behind', ['rpc.silent']]);
  reach.looked(undefined);
  expect([reach.outage(), told()]).toEqual([undefined, ['rpc.silent', 'rpc.answers']]);
});

it('tells one outage once, whoever notices, and its end when all answer', () => {
  const { reach, pass, told } = outpost();
  for (let at = 0; at < 12; at += 1) {
    reach.failed('gone');
    reach.looked('gone');
    pass(1_000);
  }
  reach.heard();
  expect([reach.outage(), told()]).toEqual(['gone', ['rpc.silent']]);
  reach.looked(undefined);
  expect(told()).toEqual(['rpc.silent', 'rpc.answers']);
});
