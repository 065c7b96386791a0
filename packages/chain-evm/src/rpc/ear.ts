/** Hears whether an RPC answers at all, for those who cannot tell from what they made of the answers. */
import type { Rpc } from './rpc.ts';

export type Ear = Rpc & {
  /** From now on; the result says why no call since was answered, undefined when one was, or when none was made. */
  listen(): () => string | undefined;
};

export function createEar(rpc: Rpc): Ear {
  let listening: { answered: boolean; failure: string | undefined } = { answered: false, failure: undefined };
  return {
    async ask(calls) {
      const since = listening;
      const answers = await rpc.ask(calls);
      for (const answer of answers) {
        if (answer.status === 'silent') since.failure ??= answer.detail;
        else since.answered = true;
      }
      return answers;
    },
    close: rpc.close,
    listen() {
      const since: typeof listening = { answered: false, failure: undefined };
      listening = since;
      return () => (since.answered ? undefined : since.failure);
    },
  };
}
