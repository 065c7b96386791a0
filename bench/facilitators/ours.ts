/** This facilitator as people run it: its own command line, a SQLite journal on disk, one network. */
import { join } from 'node:path';
import type { Contender } from './contender.ts';

export const ours: Contender = {
  name: 'ours',
  label: 'this facilitator',
  entry: new URL('../../apps/facilitator/src/main.ts', import.meta.url),
  args: ['serve'],
  // As `npm start` has it.
  flags: ['--max-semi-space-size=8'],
  readyPath: '/ready',
  env: ({ rpcUrl, keys, port, folder }) => ({
    RPC_URL_BASE_SEPOLIA: rpcUrl,
    EVM_PRIVATE_KEY_TESTNET: keys.join(','),
    HOST: '127.0.0.1',
    PORT: `${port}`,
    JOURNAL_URL: `sqlite:${join(folder, 'journal.db')}`,
    LOG_LEVEL: 'warn',
  }),
};
