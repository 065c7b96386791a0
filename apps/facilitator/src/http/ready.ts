/** GET /ready: whether payments can be taken now, for load balancers. */
import type { Endpoint } from './endpoint.ts';
import type { House } from './house.ts';
import { servingStatus } from './network-view.ts';

/** 200 once what an earlier process left is reconciled and a network is open; else 503 with the reasons. */
export function readyEndpoint(house: House): Endpoint {
  return {
    path: '/ready',
    vital: true,
    methods: {
      GET: (_request, reply) => {
        const ready = house.engine.ready();
        const reasons = house.served.flatMap(({ network }) => {
          const { status, reason } = servingStatus(house, network);
          return status === 'open' ? [] : [{ network: network.caip2, name: network.name, status, reason }];
        });
        if (!ready) reply.code(503).header('retry-after', '2');
        return { ready, notServed: reasons };
      },
    },
  };
}
