/** A server around an engine that does as the test says: for tests whose subject is HTTP. */
import type { Engine, NetworkStatus } from '@facilitator/engine';
import { createNetworks } from '@facilitator/protocol';
import type { FastifyInstance } from 'fastify';
import { createLog } from '../meter/log.ts';
import { createMetrics } from '../meter/metrics.ts';
import { createScrub } from '../meter/secrets.ts';
import { createApp } from './app.ts';
import type { House, Served } from './house.ts';

export const PAYER = '0x1111111111111111111111111111111111111111';
export const PAYEE = '0x2222222222222222222222222222222222222222';
export const SIGNER = '0x3333333333333333333333333333333333333333';
export const HASH = `0x${'ab'.repeat(32)}`;
export const SIGNATURE = `0x${'5e'.repeat(64)}1b`;

export type Site = {
  readonly app: FastifyInstance;
  /** Every line the server logged, parsed. */
  readonly lines: () => readonly Record<string, unknown>[];
  /** The same as text. */
  readonly logged: () => string;
  readonly house: House;
};

/** Serves Base and Base Sepolia. What `engine` leaves out throws: a test that reaches it did not mean to. */
export function site(engine: Partial<Engine> = {}, options: Partial<House['options']> = {}): Site {
  const written: string[] = [];
  const log = createLog('trace', createScrub([]), { write: (line) => written.push(line) });
  const networks = createNetworks();
  const served: Served[] = ['base', 'base-sepolia'].flatMap((name) => {
    const network = networks.resolve(name);
    if (network?.family !== 'evm') return [];
    const tokens = network.tokens.flatMap(({ domain, ...token }) =>
      domain === undefined ? [] : [{ ...token, ...domain }],
    );
    return [{ network, signers: [SIGNER], batching: 'auto', tokens: () => tokens }];
  });
  const house: House = {
    engine: { ...unexpected, networks: () => served.map(({ network }) => open(network.caip2)), ...engine },
    networks,
    served,
    unserved: new Map([['eip155:137', 'RPC_URL_POLYGON is not set.']]),
    log,
    metrics: createMetrics({ processMetrics: false }),
    options: {
      bodyLimit: 65_536,
      settleWaitMs: 20_000,
      settleFailureStatus: 200,
      keepAliveMs: 5_000,
      anyAsset: false,
      corsOrigins: ['*'],
      rateLimitPerMinute: undefined,
      trustProxyHops: 0,
      maxConcurrentRequests: 20_000,
      ...options,
    },
  };
  return {
    app: createApp(house),
    lines: () => written.map((line): Record<string, unknown> => JSON.parse(line)),
    logged: () => written.join(''),
    house,
  };
}

export function open(network: NetworkStatus['network']): NetworkStatus {
  return {
    ...{ network, status: 'open', reason: '', writing: true, inFlight: 0 },
    signers: [{ address: SIGNER, balance: 10n ** 18n, status: 'good', inFlight: 0 }],
    budget: { spent: 0n, reserved: 0n, limit: undefined },
    breakers: { asset: 0, payee: 0, payer: 0 },
  };
}

const never = (): never => {
  throw new Error('the engine was not meant to be asked');
};

const unexpected: Engine = {
  add: never,
  open: never,
  verify: never,
  settle: never,
  undelivered: never,
  find: never,
  networks: never,
  ready: never,
  close: never,
};

/** A well-formed v1 request on Base Sepolia. */
export function requestV1(change: Record<string, unknown> = {}) {
  return {
    x402Version: 1,
    paymentPayload: { x402Version: 1, scheme: 'exact', network: 'base-sepolia', payload },
    paymentRequirements: {
      scheme: 'exact',
      network: 'base-sepolia',
      maxAmountRequired: '25000',
      resource: 'https://shop.example/report',
      description: 'one report',
      mimeType: 'application/json',
      payTo: PAYEE,
      maxTimeoutSeconds: 120,
      asset: '0x036CbD53842c5426634e7929541eC2318f3dCF7e',
      extra: { name: 'USDC', version: '2' },
    },
    ...change,
  };
}

/** The same in v2. */
export function requestV2(change: { network?: string; extensions?: Record<string, unknown> } = {}) {
  const requirements = {
    scheme: 'exact',
    network: change.network ?? 'eip155:84532',
    amount: '25000',
    asset: '0x036CbD53842c5426634e7929541eC2318f3dCF7e',
    payTo: PAYEE,
    maxTimeoutSeconds: 120,
    extra: { name: 'USDC', version: '2' },
  };
  return {
    x402Version: 2,
    paymentPayload: {
      x402Version: 2,
      resource: { url: 'https://shop.example/report', description: 'one report', mimeType: 'application/json' },
      accepted: requirements,
      payload,
      extensions: change.extensions ?? {},
    },
    paymentRequirements: requirements,
  };
}

const payload = {
  signature: SIGNATURE,
  authorization: {
    from: PAYER,
    to: PAYEE,
    value: '25000',
    validAfter: '1764000000',
    validBefore: '1764003600',
    nonce: `0x${'42'.repeat(32)}`,
  },
};
