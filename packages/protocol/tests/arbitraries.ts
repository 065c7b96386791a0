/** Payments of every kind, for property tests. */
import fc from 'fast-check';
import type { Payment } from '../src/index.ts';
import { createNetworks } from '../src/index.ts';

/** Objects as JSON can carry them, with the keys that trip careless code. */
export const jsonObject = fc.dictionary(
  fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('__proto__', 'constructor', 'toString', 'amount', 'extra')),
  fc.jsonValue({ maxDepth: 4, stringUnit: 'binary' }).map((value) => JSON.parse(JSON.stringify(value)) as unknown),
  { maxKeys: 5 },
);

const networks = createNetworks().all();

const address = fc.string({ minLength: 1, maxLength: 60 });

/** Both versions, every network under each of its spellings. */
export const anyPayment: fc.Arbitrary<Payment> = fc
  .record({
    version: fc.constantFrom(1 as const, 2 as const),
    network: fc.constantFrom(...networks),
    spellingIndex: fc.nat(),
    scheme: fc.oneof(fc.constant('exact'), address),
    amount: fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }),
    asset: address,
    payTo: address,
    maxTimeoutSeconds: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    extra: jsonObject,
    payload: jsonObject,
    resource: fc.record({ url: fc.string(), description: fc.string({ unit: 'binary' }), mimeType: fc.string() }),
    extensions: jsonObject,
  })
  .map(({ version, network, spellingIndex, scheme, amount, asset, payTo, maxTimeoutSeconds, extra, ...rest }) => {
    const spellings = [network.name, network.caip2, ...network.aliases];
    return {
      version,
      spelling: spellings[spellingIndex % spellings.length] ?? network.name,
      terms: { scheme, network: network.caip2, amount, asset, payTo, maxTimeoutSeconds, extra },
      payload: rest.payload,
      resource: rest.resource,
      extensions: version === 1 ? {} : rest.extensions,
    };
  });
