/** Asking a node. One endpoint or many stand behind this interface; nobody in front of it knows which. */

export type RpcCall = { readonly method: string; readonly params: readonly unknown[] };

export type RpcAnswer =
  | { readonly status: 'result'; readonly result: unknown }
  /** The node answered that it could not. `message` is scrubbed and safe to show. */
  | { readonly status: 'error'; readonly code: number; readonly message: string; readonly data: unknown }
  /** No usable answer. `reached` is false only when no byte can have arrived. `detail` is safe to show. */
  | { readonly status: 'silent'; readonly detail: string; readonly reached: boolean };

export interface Rpc {
  /** Asks everything in one round trip where the provider allows it. Answers in the order asked; never throws. */
  ask(calls: readonly RpcCall[]): Promise<readonly RpcAnswer[]>;
  /** Ends open connections. */
  close(): Promise<void>;
}

/** What to ask and how to understand the answers: several questions of different kinds share one round trip. */
export type Question<T> = {
  readonly calls: readonly RpcCall[];
  /** `answers` belong to `calls`, one for one. */
  read(answers: readonly RpcAnswer[]): T;
};

/** Asks all questions at once. No round trip when there is nothing to ask. */
export async function askAll<T>(rpc: Rpc, questions: readonly Question<T>[]): Promise<readonly T[]> {
  const calls = questions.flatMap((question) => question.calls);
  const answers = calls.length === 0 ? [] : await rpc.ask(calls);
  let next = 0;
  return questions.map((question) => {
    const from = next;
    next += question.calls.length;
    return question.read(answers.slice(from, next));
  });
}

/** Asks one question; no round trip when it has no calls. */
export async function askOne<T>(rpc: Rpc, question: Question<T>): Promise<T> {
  return question.read(question.calls.length === 0 ? [] : await rpc.ask(question.calls));
}

/** A question whose answer goes to `take`, so that questions of different kinds can be asked together. */
export function handing<T>(question: Question<T>, take: (found: T) => void): Question<void> {
  return { calls: question.calls, read: (answers) => take(question.read(answers)) };
}
