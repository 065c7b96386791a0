/** A journal as a process sees it that may die, on a disk that may break. */
import type { Candidate, Journal } from '../src/ports/journal.ts';

/** Calls of a dead process never return, and it is told nothing; calls of a broken disk reject. */
export function mortal(journal: Journal, alive: () => boolean, broken: () => boolean): Journal {
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
        if (broken()) throw new Error('disk full');
        if (name === 'compete') args[1] = candidate(args[1] as Candidate);
        const result: unknown = await Reflect.apply(method, target, args);
        return alive() ? result : new Promise(() => {});
      };
    },
  });
}
