/** Reads what a facilitator answered, whichever it is: both speak x402. */
import { z } from 'zod';
import type { Reply } from './load.ts';

export type Outcome = {
  /** `pending`: broadcast, not confirmed. `unavailable`: come again later. `none`: no answer at all. */
  readonly kind: 'ok' | 'pending' | 'refused' | 'unavailable' | 'none';
  /** `ok`, the reason code, the HTTP status, or the connection's fault. */
  readonly reason: string;
};

const verifyAnswer = z.object({ isValid: z.boolean(), invalidReason: z.string().optional() });
const settleAnswer = z.object({ success: z.boolean(), errorReason: z.string().optional() });
const UNAVAILABLE = 503;

export function readAnswer(path: '/verify' | '/settle', { status, text }: Reply): Outcome {
  if (status === 0) return { kind: 'none', reason: text };
  if (status === UNAVAILABLE) return { kind: 'unavailable', reason: 'HTTP 503' };
  const json = parse(text);
  if (path === '/verify') {
    const { success, data } = verifyAnswer.safeParse(json);
    if (!success) return { kind: 'refused', reason: `HTTP ${status}` };
    return data.isValid ? { kind: 'ok', reason: 'ok' } : { kind: 'refused', reason: data.invalidReason ?? 'no reason' };
  }
  const { success, data } = settleAnswer.safeParse(json);
  if (!success) return { kind: 'refused', reason: `HTTP ${status}` };
  if (data.success) return { kind: 'ok', reason: 'ok' };
  const reason = data.errorReason ?? 'no reason';
  return { kind: reason === 'settlement_pending' ? 'pending' : 'refused', reason };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** How often each reason was given. */
export function tally(outcomes: readonly Outcome[]): Readonly<Record<string, number>> {
  const sums: Record<string, number> = {};
  for (const { reason } of outcomes) sums[reason] = (sums[reason] ?? 0) + 1;
  return sums;
}
