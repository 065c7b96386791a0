/** What `check` says of the journal. */
import { type Inspection, inspectJournal, JournalError } from '@facilitator/journal';

export type CheckedJournal = { readonly ok: boolean; readonly lines: readonly string[] };

/** Looks without changing anything. */
export async function checkJournal(url: string | undefined): Promise<CheckedJournal> {
  try {
    const found = await inspectJournal(url);
    const problems = found.problems.map((problem) => `  journal: ${problem}`);
    return { ok: problems.length === 0, lines: [`  journal: ${standing(found)}`, ...problems] };
  } catch (error) {
    if (error instanceof JournalError) return { ok: false, lines: [`  journal: ${error.message}`] };
    throw error;
  }
}

function standing({ store, status, migrations, unfinished }: Inspection): string {
  if (store === 'memory') return 'kept in memory: everything is forgotten at the end';
  if (status === 'busy') return `${store}, in use by a facilitator that runs; it was let be`;
  if (status === 'new') return `${store}, empty: the first start makes its tables`;
  const left =
    unfinished === 0 ? 'nothing unfinished' : `${unfinished} unfinished, which the next start takes up again`;
  const schema =
    migrations.length === 0 ? '' : `; the next start brings its schema up to date (${migrations.join(', ')})`;
  return `${store}, ${left}${schema}`;
}
