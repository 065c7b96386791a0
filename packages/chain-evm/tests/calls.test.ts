/** What settling under load asks of the chain, everything included, counted by a proxy. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Attempt, Proof } from '@facilitator/engine';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EvmAuthorization, EvmChain } from '../src/index.ts';
import { decoded, type Stage, setStage } from './stage.ts';

const PAYMENTS = 500;
const COMPANY = 50;

let stage: Stage;
beforeAll(async () => {
  stage = await setStage({ blockTime: 1, gasLimit: 60_000_000 });
});
afterAll(() => stage.stop());

async function payments(chain: EvmChain): Promise<readonly EvmAuthorization[]> {
  const payers = await Promise.all(Array.from({ length: 20 }, () => stage.payer()));
  const all = await Promise.all(
    payers.flatMap((payer) => Array.from({ length: PAYMENTS / 20 }, () => stage.pay(payer, { value: 1n }))),
  );
  return all.map((payment) => decoded(chain.decode(payment)));
}

const isPaid = ({ status }: Proof) => status === 'paid';

/** Verifies, signs, sends; looks at growing pauses, four times a block in the end, until all are paid. */
async function settle(chain: EvmChain, items: readonly EvmAuthorization[], each: number): Promise<number> {
  for (let from = 0; from < items.length; from += COMPANY) {
    const verdicts = await chain.verify(items.slice(from, from + COMPANY));
    expect(verdicts.every(({ status }) => status === 'valid')).toBe(true);
  }
  const signer = stage.operator.address;
  const floor = await chain.floor(signer);
  const groups = Array.from({ length: items.length / each }, (_, index) =>
    items.slice(index * each, (index + 1) * each),
  );
  const attempts: Attempt[] = [];
  const send = async () => {
    for (const [index, group] of groups.entries()) {
      const nonce = floor + BigInt(index);
      const signed = await chain.sign(signer, nonce, group);
      const attempt = { ...signed, network: chain.network, signer, nonce, items: group.map(({ anchor }) => anchor) };
      attempts.push(attempt);
      expect(await chain.broadcast(attempt)).toEqual({ status: 'accepted' });
    }
  };
  const sent = send();
  let paid = 0;
  for (let wait = 20; paid < items.length; wait = Math.min(wait * 2, 250)) {
    await sleep(wait);
    const sightings = await chain.observe([...attempts], groups.slice(0, attempts.length));
    paid = sightings.flatMap((seen) => (seen.status === 'included' ? seen.proofs : [])).filter(isPaid).length;
  }
  await sent;
  return paid;
}

describe.each([
  ['in transactions of 50', COMPANY, 0.1],
  ['alone', 1, 1.2],
])('500 payments %s', (_, each, most) => {
  it(`cost at most ${most} calls each`, async () => {
    const chain = stage.another({});
    await chain.open();
    const items = await payments(chain);
    stage.proxy.reset();
    expect(await settle(chain, items, each)).toBe(PAYMENTS);
    expect(stage.proxy.calls.length / PAYMENTS).toBeLessThanOrEqual(most);
  });
});
