/** Opens the journal at the URL of its first argument, or the default one, says so, and keeps it until it is killed. */
import { systemClock } from '@facilitator/engine';
import { openJournal } from '../src/index.ts';

try {
  await openJournal({ url: process.argv[2], clock: systemClock });
  process.stdout.write('open\n');
  setInterval(() => undefined, 60_000);
} catch (error) {
  process.stdout.write(`${error instanceof Error && 'fault' in error ? error.fault : ''}: ${error}\n`);
}
