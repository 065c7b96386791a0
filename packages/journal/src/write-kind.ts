/** A kind of write: many inputs of it go into the database with few statements, and each gets its own outcome. */
import type { JournalError } from './journal-error.ts';
import type { Seal } from './peers.ts';
import type { Store, Writing } from './store.ts';

/** What became of one write of a group, told after the commit. */
export type Outcome<O> =
  | { readonly status: 'done'; readonly value: O }
  | { readonly status: 'refused'; readonly error: JournalError };

export function done<O>(value: O): Outcome<O> {
  return { status: 'done', value };
}

/** What a write works with. */
export type Session = Pick<Store, 'shared' | 'peers'> & { readonly tx: Writing; readonly seal: Seal };

/**
 * Applies inputs as if one after the other. Answers one outcome per input, in order; a refused input has changed
 * nothing. Throws only what the database throws; then none of the inputs counts.
 */
export type Apply<I, O> = (session: Session, inputs: readonly I[]) => Promise<readonly Outcome<O>[]>;

/** A write in the queue, its types closed over. */
export type Write = {
  readonly kind: WriteKind;
  readonly touches: readonly string[];
  /** Puts it on its kind's list for the next `apply`. */
  enlist(): void;
  reject(error: JournalError): void;
};

type WriteKind = {
  /** Applies what is enlisted and answers how to tell each of the writers. */
  apply(session: Session): Promise<readonly (() => void)[]>;
  /** Empties the list after an `apply` that did not happen. */
  discard(): void;
};

/** Makes the function that submits writes of one kind. `touches` names the ids whose writes must keep their order. */
export function writeKind<I, O>(
  add: (write: Write) => void,
  touches: (input: I) => readonly string[],
  apply: Apply<I, O>,
): (input: I) => Promise<O> {
  type Enlisted = { readonly input: I; readonly resolve: (value: O) => void; readonly reject: Write['reject'] };
  let enlisted: Enlisted[] = [];

  const kind: WriteKind = {
    async apply(session) {
      const writes = enlisted;
      enlisted = [];
      const outcomes = await apply(
        session,
        writes.map((write) => write.input),
      );
      return writes.map((write, at) => () => {
        const outcome = outcomes[at];
        if (outcome?.status === 'done') write.resolve(outcome.value);
        else if (outcome?.status === 'refused') write.reject(outcome.error);
        else throw new Error('a write was applied without an outcome');
      });
    },
    discard() {
      enlisted = [];
    },
  };

  return (input) => {
    const { promise, resolve, reject } = Promise.withResolvers<O>();
    add({ kind, touches: touches(input), enlist: () => enlisted.push({ input, resolve, reject }), reject });
    return promise;
  };
}
