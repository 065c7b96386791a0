/** A journal as a process sees it that may die, on a disk that may break. */
import type { Candidate, Journal } from '../src/ports/journal.ts';

export type Trouble = {
  /** Called while a call is under way; its outcome is told when this has resolved. */
  readonly meanwhile: (call: string) => void | Promise<void>;
  /** Whether a call that was carried out is to be reported as failed. */
  readonly uncertain: (call: string) => boolean;
};

const NO_TROUBLE: Trouble = { meanwhile: () => {}, uncertain: () => false };

/** Calls of a dead process never return, and it is told nothing; calls of a broken disk reject, and some that were done. */
export function mortal(
  journal: Journal,
  alive: () => boolean,
  broken: (call: string) => boolean,
  { meanwhile, uncertain }: Trouble = NO_TROUBLE,
): Journal {
  const listen: Journal['listen'] = (network, onNews) => journal.listen(network, (news) => alive() && onNews(news));
  const candidate = ({ onHeld, onLost }: Candidate): Candidate => ({
    onHeld: () => alive() && onHeld(),
    onLost: () => alive() && onLost(),
  });
  return new Proxy(journal, {
    get(target, name, receiver) {
      if (name === 'listen') return listen;
      const method: unknown = Reflect.get(target, name, receiver);
      if (typeof method !== 'function') return method;
      return async (...args: unknown[]) => {
        if (!alive()) return new Promise(() => {});
        if (broken(String(name))) throw new Error('disk full');
        if (name === 'compete') args[1] = candidate(args[1] as Candidate);
        const done: unknown = Reflect.apply(method, target, args);
        const held = meanwhile(String(name));
        const result = await done;
        await held;
        if (uncertain(String(name))) throw new Error('the connection broke during the commit');
        return alive() ? result : new Promise(() => {});
      };
    },
  });
}
