/** GET /health: the process lives. Also shows what it serves, because customers look for it here. */
import { VERSION } from '../version.ts';
import type { Endpoint } from './endpoint.ts';
import type { House } from './house.ts';
import { kindsOf } from './kinds.ts';
import { servingStatus } from './network-view.ts';

/** Says `healthy` whatever the networks do: a restart mends none of them. Readiness is at /ready. */
export function healthEndpoint(house: House): Endpoint {
  const kinds = kindsOf(house.served);
  const providers = house.served.flatMap(({ network, signers }) =>
    signers.map((address) => ({ network: network.name, address })),
  );
  return {
    path: '/health',
    vital: true,
    methods: {
      GET: () => ({
        status: 'healthy',
        version: VERSION,
        networks: house.served.map(({ network }) => ({
          network: network.caip2,
          name: network.name,
          ...servingStatus(house, network),
        })),
        kinds,
        providers,
      }),
    },
  };
}
