/** Conclusions on their own: evidence of one payment, whatever its attempts do. */
import type { Ended } from '@facilitator/engine';
import { inChunks } from '../chunks.ts';
import { refused } from '../journal-error.ts';
import type { Ending } from '../record.ts';
import { type Apply, done, type Outcome } from '../write-kind.ts';
import { endPayments } from './end-payments.ts';

export const applyConclusions: Apply<Ending, Ended> = async (session, endings) => {
  const words = await endPayments(session, endings);
  const known = endings.filter((_, at) => words[at] === 'known').map(({ id }) => id);
  const states = await inChunks([...new Set(known)], (part) =>
    session.tx.selectFrom('payments').select(['id', 'state']).where('id', 'in', part).execute(),
  );
  const final = new Set(states.filter(({ state }) => state === 'settled' || state === 'failed').map(({ id }) => id));
  return endings.map(({ id }, at): Outcome<Ended> => {
    const word = words[at];
    if (word !== undefined && (word !== 'known' || final.has(id))) return done(word);
    return { status: 'refused', error: refused(`Payment ${id} cannot end: it is unknown or was never prepared.`) };
  });
};
