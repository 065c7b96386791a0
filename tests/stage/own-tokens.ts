/** Two tokens that the operator of these tests serves beside those of the registry. */
import { type Anvil, putToken, type TokenFixture } from '@facilitator/testing';

/** May be paused without touching anything else. */
export const PAUSABLE: TokenFixture = {
  kind: 'FiatToken',
  address: '0x9a05ab1e9a05ab1e9a05ab1e9a05ab1e9a05ab1e',
  name: 'Pausable Dollar',
  version: '2',
  symbol: 'PAUS',
  decimals: 6,
};

/** PYUSD's shape: a used nonce does not revert. */
export const PYUSD: TokenFixture = {
  kind: 'PaxosToken',
  address: '0x9a105d9a105d9a105d9a105d9a105d9a105d9a10',
  name: 'PayPal USD',
  version: '1',
  symbol: 'PYUSD',
  decimals: 6,
};

/** CONFIG_FILE that serves them. */
export const OWN_TOKENS = {
  networks: [
    {
      name: 'base-sepolia',
      tokens: [own(PAUSABLE), { ...own(PYUSD), overloads: 'vrs' }],
    },
  ],
};

function own({ symbol, decimals, address, name, version }: TokenFixture) {
  return { symbol, decimals, address, domain: { name, version } };
}

export async function putOwnTokens(anvil: Anvil): Promise<void> {
  await Promise.all([PAUSABLE, PYUSD].map((token) => putToken(anvil, token)));
}
