/**
 * A process that prepares as fast as it can while it may write, resigns now and then, and says of everything that is
 * acknowledged that it is. Ends by being killed.
 */
import { systemClock } from '@facilitator/engine';
import { openJournal } from '../src/index.ts';
import { NETWORK, sampleClaim } from './samples.ts';

const [url, name] = process.argv.slice(2);
const journal = await openJournal({ url, clock: systemClock });
/** Transactions in one go before it lets the others. */
const SPELL = 15;

let turn = 0;
let resign = async () => {};

function say(...words: readonly string[]): void {
  process.stdout.write(`${words.join(' ')}\n`);
}

async function spell(): Promise<void> {
  turn += 1;
  const mine = turn;
  say('held');
  for (let at = 0; at < SPELL && mine === turn; at++) {
    const hash = `0x${name}-${process.pid}-${mine}-${at}`;
    try {
      await journal.prepare({ network: NETWORK, signer: '0xSigner', floor: 0n }, [], async () => ({
        hash,
        bytes: hash,
      }));
      say('prepared', hash);
    } catch {
      // Refused, or the session went away. A lost answer was never acknowledged.
    }
  }
  if (mine !== turn) return;
  await resign();
  await compete();
}

async function compete(): Promise<void> {
  resign = await journal.compete(NETWORK, {
    onHeld: () => setImmediate(() => void spell()),
    onLost() {
      turn += 1;
    },
  });
}

await compete();
say('competes');
await journal.claim(sampleClaim(`claim of ${name}`));
say('claimed');
