/** What decoding and verifying cost on this machine: `npm run measure -w @facilitator/chain-evm`. */
import { decoded, GLUE, setStage, USDC } from './stage.ts';

const ROUNDS = 40;
const BATCH = 50;

const stage = await setStage({ args: ['--gas-limit', '300000000'] });
// The proxy that counts calls runs in this process: leave it out.
const chain = stage.another({ url: stage.anvil.url });
await chain.open();
const payers = await Promise.all(Array.from({ length: 10 }, () => stage.payer()));
const payments = await Promise.all(
  payers.flatMap((payer, index) =>
    Array.from({ length: BATCH }, () => stage.pay(payer, { token: index % 5 === 0 ? GLUE : USDC, value: 1n })),
  ),
);
const items = payments.map((payment) => decoded(chain.decode(payment)));
const batches = Array.from({ length: payments.length / BATCH }, (_, index) =>
  items.filter((_item, place) => place % (payments.length / BATCH) === index),
);

function nth(index: number): (typeof payments)[number] {
  const payment = payments[index % payments.length];
  if (payment === undefined) throw new Error('no payments');
  return payment;
}

async function measure(what: string, count: number, work: () => unknown): Promise<void> {
  await work();
  const cpu = process.cpuUsage();
  const start = performance.now();
  await work();
  const { user, system } = process.cpuUsage(cpu);
  const wall = performance.now() - start;
  const perSecond = Math.round((count * 1000) / wall);
  process.stdout.write(`${what}: ${((user + system) / count).toFixed(1)} us CPU each, ${perSecond}/s\n`);
}

await measure('decode with recovery', 20_000, () => {
  for (let index = 0; index < 20_000; index += 1) chain.decode(nth(index));
});
await measure(`verify in batches of ${BATCH}, one after the other`, ROUNDS * BATCH, async () => {
  for (let round = 0; round < ROUNDS; round += 1) await chain.verify(batches[round % batches.length] ?? []);
});
await measure(`verify in batches of ${BATCH}, four at once`, ROUNDS * BATCH, () =>
  Promise.all(
    Array.from({ length: 4 }, async (_, lane) => {
      for (let round = lane; round < ROUNDS; round += 4) await chain.verify(batches[round % batches.length] ?? []);
    }),
  ),
);
await measure('verify alone', 500, async () => {
  for (let index = 0; index < 500; index += 1) await chain.verify(items.slice(index, index + 1));
});
await measure('sign', 2_000, async () => {
  for (let index = 0; index < 2_000; index += 1) {
    await chain.sign(
      stage.operator.address,
      BigInt(index),
      items.slice(index % items.length, (index % items.length) + 1),
    );
  }
});
await stage.stop();
