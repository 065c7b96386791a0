/** Several processes on one PostgreSQL database and one chain, with one key: one of them signs, all of them answer. */
import { fund } from '@facilitator/testing';
import { describe, expect, it } from 'vitest';
import { type House, killHard, openHouse } from '../durability/house.ts';
import { purseOf, transfersTo, USDC } from '../stage/chain.ts';
import { PATIENCE } from '../stage/patience.ts';
import { AMOUNT, type Draft, type Scene } from '../stage/scene.ts';
import type { ServerProcess } from '../stage/server-process.ts';
import { buy, type Purchase } from './buyer.ts';

const SETTLED = { success: true };
const DUPLICATE = { success: false, errorReason: 'duplicate_settlement' };

async function isWriting(server: ServerProcess): Promise<boolean> {
  const { text } = await server.get('/metrics');
  return /^facilitator_network_writing\{[^}]*\} 1$/m.test(text);
}

async function writersAmong(servers: readonly ServerProcess[]): Promise<readonly ServerProcess[]> {
  const writing = await Promise.all(servers.map(isWriting));
  return servers.filter((_, at) => writing[at]);
}

function oneWriter(servers: readonly ServerProcess[]): Promise<void> {
  return expect.poll(async () => (await writersAmong(servers)).length, PATIENCE).toBe(1);
}

async function readyServer(house: House): Promise<ServerProcess> {
  const server = await house.serve();
  await server.logged('ready');
  return server;
}

/** The first is the one that writes. */
async function threeServers(house: House): Promise<ServerProcess[]> {
  return [await readyServer(house), ...(await Promise.all([readyServer(house), readyServer(house)]))];
}

async function drafts(house: House, scene: Scene, count: number): Promise<Draft[]> {
  await fund(house.anvil, USDC, scene.payer.address, AMOUNT * BigInt(count));
  return Promise.all(Array.from({ length: count }, () => scene.request()));
}

/** All payments that `count` buyers make, one after the other each. `onEnd` hears how many have ended. */
async function trade(
  servers: () => readonly ServerProcess[],
  payments: readonly Draft[],
  buyers: number,
  onEnd: (ended: number) => void = () => undefined,
): Promise<readonly Purchase[]> {
  const purchases: Purchase[] = [];
  const waiting = [...payments];
  async function buyer(number: number): Promise<void> {
    for (let draft = waiting.shift(); draft !== undefined; draft = waiting.shift()) {
      purchases.push(await buy(servers, draft, number + purchases.length));
      onEnd(purchases.length);
    }
  }
  await Promise.all(Array.from({ length: buyers }, (_, number) => buyer(number)));
  return purchases;
}

/** Each payment moved once, by the transaction its buyer was told, and none was sent in vain. */
async function expectPaidOnce(house: House, scene: Scene, purchases: readonly Purchase[]): Promise<void> {
  expect(purchases.filter(({ end }) => end.status === 'refused')).toEqual([]);
  const moved = await transfersTo(house.anvil, USDC.address, scene.payee);
  expect(moved).toHaveLength(purchases.length);
  const told = purchases.flatMap(({ end }) => (end.status === 'settled' ? [end.transaction] : []));
  const left = [...moved];
  for (const hash of told) expect(left.splice(left.indexOf(hash as (typeof left)[number]), 1)).toEqual([hash]);
  const { nonce } = await purseOf(house.anvil, house.signer.address);
  expect(nonce).toBe(BigInt(new Set(moved).size));
}

describe('three processes', () => {
  it('all verify and settle, and one of them signs', async () => {
    const house = await openHouse('PostgreSQL');
    const servers = await threeServers(house);
    expect(await writersAmong(servers)).toEqual([servers[0]]);
    const scene = await house.scene();
    const hashes: unknown[] = [];
    for (const server of servers) {
      const draft = await scene.request();
      expect((await server.post('verify', draft)).body).toMatchObject({ isValid: true });
      const { body } = await server.post('settle', draft);
      expect(body).toMatchObject(SETTLED);
      hashes.push(body['transaction']);
    }
    expect(await transfersTo(house.anvil, USDC.address, scene.payee)).toEqual(hashes);
    // What one of them settled, each of them can tell.
    for (const server of servers)
      for (const hash of hashes)
        expect((await server.get(`/settlements/${hash}`)).body).toMatchObject({
          settlements: [{ state: 'settled', delivered: true, transaction: hash }],
        });
  });

  it('tell one success once, whomever is asked and how often', async () => {
    const house = await openHouse('PostgreSQL', { blockTime: 1 });
    const servers = await threeServers(house);
    const scene = await house.scene();
    for (let round = 0; round < 3; round += 1) {
      const draft = await scene.request();
      const answers = await Promise.all([...servers, ...servers].map((server) => server.post('settle', draft)));
      const told = answers.map(({ status, body }) => (status === 200 ? body['success'] : status));
      expect(told.filter((each) => each === true)).toHaveLength(1);
      // The others are told that it is another's, or to ask again.
      for (const { status, body } of answers)
        if (status === 200 && body['success'] !== true)
          expect(['duplicate_settlement', 'settlement_pending']).toContain(body['errorReason']);
      for (const server of servers) expect((await server.post('settle', draft)).body).toMatchObject(DUPLICATE);
    }
    expect(await transfersTo(house.anvil, USDC.address, scene.payee)).toHaveLength(3);
  });

  it('give the stored answer to the same idempotency key, whomever is asked', async () => {
    const house = await openHouse('PostgreSQL');
    const servers = await threeServers(house);
    const scene = await house.scene();
    const [draft, other] = await drafts(house, scene, 2);
    if (draft === undefined || other === undefined) throw new Error('two drafts');
    const key = { 'idempotency-key': 'purchase-1' };
    const purchases = await Promise.all(servers.map((_, at) => buy(() => servers, draft, at, key)));
    const [first] = purchases;
    expect(first?.end.status).toBe('settled');
    for (const { end } of purchases) expect(end).toEqual(first?.end);
    for (const server of servers) expect((await server.post('settle', other, key)).status).toBe(409);
    expect(await transfersTo(house.anvil, USDC.address, scene.payee)).toHaveLength(1);
  });
});

describe('under load', () => {
  it('a writer that is killed is followed by another: every payment is settled once', async () => {
    const house = await openHouse('PostgreSQL');
    const scene = await house.scene();
    const payments = await drafts(house, scene, 150);
    const servers = await threeServers(house);
    const killings: Promise<void>[] = [];
    async function killWriter(): Promise<void> {
      const [writer] = await writersAmong(servers);
      if (writer === undefined) throw new Error('nobody writes');
      servers.splice(servers.indexOf(writer), 1);
      await killHard(writer);
      servers.push(await readyServer(house));
    }
    const purchases = await trade(
      () => servers,
      payments,
      8,
      (ended) => {
        if (ended === 30 || ended === 80) killings.push(killWriter());
      },
    );
    await Promise.all(killings);
    expect(killings).toHaveLength(2);
    await expectPaidOnce(house, scene, purchases);
    await oneWriter(servers);
    // Only successes that were on their way to a connection of a killed process were lost.
    expect(purchases.filter(({ end }) => end.status === 'duplicate').length).toBeLessThanOrEqual(16);
  });

  it('a rolling deploy is not noticed: every buyer gets a success, and none is told to come back', async () => {
    const house = await openHouse('PostgreSQL');
    const scene = await house.scene();
    const payments = await drafts(house, scene, 150);
    const servers = await threeServers(house);
    const deploys: Promise<void>[] = [];
    async function deploy(): Promise<void> {
      for (const old of [...servers]) {
        const next = await readyServer(house);
        // As a load balancer does it: no new requests, then the signal.
        servers.splice(servers.indexOf(old), 1, next);
        old.kill('SIGTERM');
        expect((await old.ended).code).toBe(0);
      }
    }
    const purchases = await trade(
      () => servers,
      payments,
      8,
      (ended) => {
        if (ended === 20) deploys.push(deploy());
      },
    );
    await Promise.all(deploys);
    expect(deploys).toHaveLength(1);
    await expectPaidOnce(house, scene, purchases);
    expect(purchases.filter(({ end }) => end.status !== 'settled')).toEqual([]);
    expect(purchases.flatMap(({ unavailable }) => unavailable)).toEqual([]);
    await oneWriter(servers);
  });

  it('a writer that is frozen is followed by another, and does no harm when it thaws', async () => {
    const house = await openHouse('PostgreSQL');
    const scene = await house.scene();
    const payments = await drafts(house, scene, 60);
    const servers = await threeServers(house);
    const frozen = servers[0];
    const purchases = await trade(
      () => servers,
      payments,
      8,
      (ended) => {
        if (ended !== 20 || frozen === undefined) return;
        servers.shift();
        frozen.kill('SIGSTOP');
      },
    );
    await oneWriter(servers);
    frozen?.kill('SIGCONT');
    await frozen?.logged('writer.lost');
    if (frozen !== undefined) servers.push(frozen);
    const again = await drafts(house, scene, 12);
    await expectPaidOnce(house, scene, [...purchases, ...(await trade(() => servers, again, 4))]);
    await oneWriter(servers);
  });

  it('a process that loses the database for a moment loses no payment', async () => {
    const house = await openHouse('PostgreSQL');
    const scene = await house.scene();
    const payments = await drafts(house, scene, 80);
    const servers = await threeServers(house);
    const [writer] = servers;
    const ending: Promise<void>[] = [];
    const purchases = await trade(
      () => servers,
      payments,
      8,
      (ended) => {
        if (ended === 20 || ended === 50) ending.push(house.endSessions());
      },
    );
    await Promise.all(ending);
    await expectPaidOnce(house, scene, purchases);
    await oneWriter(servers);
    expect((await writer?.get('/health'))?.status).toBe(200);
  });
});
