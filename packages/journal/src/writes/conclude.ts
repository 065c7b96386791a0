/** Conclusions on their own: evidence of one payment, whatever its attempts do. */
import { inChunks } from '../chunks.ts';
import { refused } from '../journal-error.ts';
import type { Ending } from '../record.ts';
import { type Apply, done, type Outcome } from '../write-kind.ts';
import { endPayments } from './end-payments.ts';

export const applyConclusions: Apply<Ending, boolean> = async (session, endings) => {
  const first = new Map<string, Ending>();
  for (const each of endings) if (!first.has(each.id)) first.set(each.id, each);
  const ended = await endPayments(session, [...first.values()]);
  const rest = [...first.keys()].filter((id) => !ended.has(id));
  const states = await inChunks(rest, (part) =>
    session.tx.selectFrom('payments').select(['id', 'state']).where('id', 'in', part).execute(),
  );
  const final = new Set(states.filter(({ state }) => state === 'settled' || state === 'failed').map(({ id }) => id));
  return endings.map((each): Outcome<boolean> => {
    if (ended.has(each.id)) return done(first.get(each.id) === each);
    if (final.has(each.id)) return done(false);
    return { status: 'refused', error: refused(`Payment ${each.id} cannot end: it is unknown or was never prepared.`) };
  });
};
