/** Where in the life of a payment a process kills itself. */
import type { Journal } from '@facilitator/engine';

type Boundary = Exclude<keyof Journal, 'shared' | 'listen' | 'close' | 'compete'>;

export type Death = {
  readonly method: Boundary;
  /** Before the journal hears of the call, or when it has carried it out and nobody knows. */
  readonly when: 'before' | 'after';
  /** At which call of this method. */
  readonly call: number;
  /** How much faster than time the process runs. */
  readonly haste?: number;
  /** A method that returns so many milliseconds after it has done its work; the log says when. */
  readonly linger?: { readonly method: Boundary; readonly ms: number };
};
