/** A process that writes as fast as it can and says of every write, once it is acknowledged, that it is. Ends by being killed. */
import { systemClock } from '@facilitator/engine';
import { openJournal } from '../src/index.ts';
import { attemptOf, INCLUDED, itemsOf, NETWORK, sampleClaim, settledBy, write } from './samples.ts';

const [url, run] = process.argv.slice(2);
const journal = await openJournal({ url, clock: systemClock });
await write(journal);

function acknowledge(...words: readonly (string | bigint)[]): void {
  process.stdout.write(`${words.join(' ')}\n`);
}

async function writer(name: string): Promise<never> {
  for (let turn = 0; ; turn++) {
    const ids = [0, 1, 2].map((at) => `${name}-${turn}-${at}`);
    await Promise.all(ids.map((id) => journal.claim(sampleClaim(id)).then(() => acknowledge('claimed', id))));
    const hash = `0x${name}-${turn}`;
    const sign = async () => ({ hash, bytes: `bytes of ${hash}` });
    const attempt = attemptOf(await journal.prepare({ network: NETWORK, signer: name, floor: 0n }, itemsOf(ids), sign));
    acknowledge('prepared', hash, attempt.nonce, ...ids);
    const conclusions = ids.slice(1).map((id, logIndex) => ({ id, conclusion: settledBy(hash, { logIndex }) }));
    await journal.resolve(hash, INCLUDED, conclusions);
    acknowledge('settled', ...ids.slice(1));
    if (await journal.deliver(ids[1] ?? '')) acknowledge('delivered', ids[1] ?? '');
  }
}

await Promise.all(Array.from({ length: 12 }, (_, at) => writer(`run${run}w${at}`)));
