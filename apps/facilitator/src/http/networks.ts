/** GET /networks: every network known here, with its tokens and whether it is served. */
import type { Endpoint } from './endpoint.ts';
import type { House } from './house.ts';
import { networkView } from './network-view.ts';

export function networksEndpoint(house: House): Endpoint {
  return {
    path: '/networks',
    methods: {
      GET: () => ({ networks: house.networks.all().map((network) => networkView(house, network)) }),
    },
  };
}
