/** GET /metrics: Prometheus. */

import { showStatus } from '../meter/status-gauges.ts';
import type { Endpoint } from './endpoint.ts';
import type { House } from './house.ts';

export function metricsEndpoint(house: House): Endpoint {
  const { metrics } = house;
  return {
    path: '/metrics',
    vital: true,
    methods: {
      GET: async (_request, reply) => {
        for (const status of house.engine.networks()) showStatus(metrics, status);
        return reply.type(metrics.registry.contentType).send(await metrics.registry.metrics());
      },
    },
  };
}
