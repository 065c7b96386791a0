/** A candidate for the right to write that remembers what it was told. */
import type { Journal } from '@facilitator/engine';
import { NETWORK, type OTHER_NETWORK } from './samples.ts';

/** Competes, and keeps a record of what it is told. `heard` resolves with the next word of that kind. */
export async function compete(
  journal: Journal,
  name: string,
  events: string[],
  network: typeof NETWORK | typeof OTHER_NETWORK = NETWORK,
) {
  const awaited = { held: Promise.withResolvers<void>(), lost: Promise.withResolvers<void>() };
  const tell = (what: 'held' | 'lost') => {
    events.push(`${name} ${what}`);
    awaited[what].resolve();
    awaited[what] = Promise.withResolvers();
  };
  const resign = await journal.compete(network, { onHeld: () => tell('held'), onLost: () => tell('lost') });
  return { resign, heard: (what: 'held' | 'lost') => awaited[what].promise };
}
