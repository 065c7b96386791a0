/** The one error a journal rejects with. Its message is safe to show: no connection URL, no value that was written. */
import type { LaneKey } from '@facilitator/engine';

/**
 * `refused`      the write breaks a rule of the journal; nothing of it is stored, and trying again will not help
 * `unavailable`  the store does not work now; nothing of the write is stored
 * `uncertain`    the store went away in the middle of a commit; the write may or may not be stored
 * `in-use`       another process owns this journal
 * `unusable`     the operator has to mend something: URL, path, rights, schema version
 * `closed`       the journal was closed before the write was accepted
 */
export type JournalFault = 'refused' | 'unavailable' | 'uncertain' | 'in-use' | 'unusable' | 'closed';

export class JournalError extends Error {
  override readonly name = 'JournalError';
  readonly fault: JournalFault;

  constructor(fault: JournalFault, message: string) {
    super(message);
    this.fault = fault;
  }
}

export function refused(message: string): JournalError {
  return new JournalError('refused', message);
}

export function notGap({ network, signer, gap }: LaneKey): JournalError {
  return refused(`Nonce ${gap} of ${signer} on ${network} is no gap: a transaction is open there.`);
}

export function notWriting(network: string): JournalError {
  return refused(`This process does not write for ${network}: another one may.`);
}
