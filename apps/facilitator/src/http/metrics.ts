/** GET /metrics: Prometheus. */
import type { Endpoint } from './endpoint.ts';
import type { House } from './house.ts';

export function metricsEndpoint(house: House): Endpoint {
  const { registry, inFlight, open, writing } = house.metrics;
  return {
    path: '/metrics',
    vital: true,
    methods: {
      GET: async (_request, reply) => {
        for (const { network, status, inFlight: count, writing: writes } of house.engine.networks()) {
          inFlight.set({ network }, count);
          open.set({ network }, status === 'open' ? 1 : 0);
          writing.set({ network }, writes ? 1 : 0);
        }
        return reply.type(registry.contentType).send(await registry.metrics());
      },
    },
  };
}
