import { expect, test } from 'vitest';
import { readAnswer, tally } from './answers.ts';

const reply = (status: number, text: string) => ({ index: 0, status, text, sentAt: 0, answeredAt: 1 });

test.each([
  ['/verify', 200, '{"isValid":true}', 'ok', 'ok'],
  ['/verify', 200, '{"isValid":false,"invalidReason":"no_money"}', 'refused', 'no_money'],
  ['/settle', 200, '{"success":true,"transaction":"0x1"}', 'ok', 'ok'],
  ['/settle', 200, '{"success":false,"errorReason":"duplicate_settlement"}', 'refused', 'duplicate_settlement'],
  ['/settle', 200, '{"success":false,"errorReason":"settlement_pending"}', 'pending', 'settlement_pending'],
  ['/settle', 500, '{"error":"boom"}', 'refused', 'HTTP 500'],
  ['/settle', 502, '<html>', 'refused', 'HTTP 502'],
  ['/settle', 503, '{"error":"later"}', 'unavailable', 'HTTP 503'],
  ['/settle', 0, 'connection reset', 'none', 'connection reset'],
] as const)('%s %i %s', (path, status, text, kind, reason) => {
  expect(readAnswer(path, reply(status, text))).toEqual({ kind, reason });
});

test('counts answers by reason', () => {
  const ok = { kind: 'ok', reason: 'ok' } as const;
  expect(tally([ok, ok, { kind: 'none', reason: 'gone' }])).toEqual({ ok: 2, gone: 1 });
});
