/** How networks are shown to callers: by both names, with what is known of them and whether they are served. */
import type { NetworkStatus } from '@facilitator/engine';
import { addressPage, type Network, type Token } from '@facilitator/protocol';
import type { House, ServedToken } from './house.ts';

export type ServingStatus = {
  readonly status: NetworkStatus['status'] | 'unserved';
  /** Why it cannot be paid on now; empty when it can. */
  readonly reason: string;
};

/** Whether a network can be paid on now, and if not, why. Asks nobody. */
export function servingStatus(house: House, network: Network): ServingStatus {
  const running = house.engine.networks().find((each) => each.network === network.caip2);
  if (running !== undefined) return { status: running.status, reason: running.reason };
  return { status: 'unserved', reason: house.unserved.get(network.caip2) ?? 'It is not configured here.' };
}

export function networkView(house: House, network: Network) {
  const served = house.served.find((each) => each.network.caip2 === network.caip2);
  return {
    network: network.caip2,
    name: network.name,
    aliases: network.aliases,
    label: network.label,
    family: network.family,
    testnet: network.testnet,
    nativeCurrency: network.native,
    ...servingStatus(house, network),
    signers: served?.signers ?? [],
    tokens: network.tokens.map((token) => tokenView(network, token, served?.tokens() ?? [])),
    explorer: network.explorer ?? null,
  };
}

function tokenView(network: Network, token: Token, served: readonly ServedToken[]) {
  const paid = served.find((each) => each.address === token.address);
  // The contract's own word counts more than the registry's.
  const domain = paid === undefined ? registered(token) : { name: paid.name, version: paid.version };
  return {
    symbol: token.symbol,
    address: token.address,
    decimals: token.decimals,
    assetTransferMethod: token.transfer.method,
    ...(domain === undefined ? {} : { eip712: domain }),
    served: paid !== undefined,
    page: addressPage(network, token.address) ?? null,
  };
}

function registered(token: Token) {
  return 'domain' in token ? token.domain : undefined;
}
