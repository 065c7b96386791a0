/** Whether callers were told the truth about a transaction that is looked at again, after a reorganisation or a restart. */
import type { Attempt } from '../ports/chain.ts';
import type { Journal } from '../ports/journal.ts';

/**
 * What is wrong with what callers were told, as words for the log; undefined when nothing is. `made`: payments that the
 * attempts of a nonce made on chain, as it is now. Rejects when the journal cannot be read.
 */
export async function falselyTold(
  journal: Pick<Journal, 'paymentsByTransaction'>,
  attempts: readonly Attempt[],
  made: number,
): Promise<string | undefined> {
  const hashes = new Set(attempts.map(({ hash }) => hash));
  const found = await Promise.all([...hashes].map((hash) => journal.paymentsByTransaction(hash)));
  const payments = [...new Map(found.flat().map((payment) => [payment.id, payment])).values()];
  const evident = ({ transaction }: { transaction: string | undefined }) => hashes.has(transaction ?? '');
  const settled = payments.filter((payment) => payment.state === 'settled' && evident(payment));
  const failed = payments.filter((payment) => payment.state === 'failed' && evident(payment));
  const list = (some: typeof payments) => some.map(({ id }) => id).join(', ');
  const where = [...hashes].join(', ');
  if (made < settled.length)
    return `${settled.length - made} of ${settled.length} payments told settled are not on chain any more, after a reorganisation: ${list(settled)} in ${where}`;
  if (made > settled.length && failed.length > 0)
    return `payments told failed were made after all, after a reorganisation: among ${list(failed)} in ${where}`;
  return undefined;
}
