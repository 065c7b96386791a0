/** The reference: x402Facilitator of @x402/core with ExactEvmScheme of @x402/evm. It takes one key, so it gets the first. */
import type { Contender, ContenderName } from './contender.ts';

export const reference: Contender = contender('reference', 'reference', 'off');

/** One line more than its documentation has: viem's nonceManager on the account. Without it, parallel settlements collide. */
export const referenceNonces: Contender = contender('reference-nonces', 'reference + nonceManager', 'on');

function contender(name: ContenderName, label: string, nonceManager: 'on' | 'off'): Contender {
  return {
    name,
    label,
    entry: new URL('./reference-server.ts', import.meta.url),
    args: [],
    readyPath: '/supported',
    env: ({ rpcUrl, keys, port }) => ({
      RPC_URL: rpcUrl,
      PRIVATE_KEY: keys[0] ?? '',
      PORT: `${port}`,
      NONCE_MANAGER: nonceManager,
    }),
  };
}
