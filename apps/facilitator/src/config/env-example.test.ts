/** `.env.example` and the variables that are read are the same list, and its examples work. */
import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { createNetworks } from '@facilitator/protocol';
import { describe, expect, it } from 'vitest';
import { environment } from './environment.ts';
import { readConfig } from './read-config.ts';
import { NETWORK_VARIABLES, VARIABLES } from './variables.ts';

const text = readFileSync(new URL('../../../../.env.example', import.meta.url), 'utf8');
const ASSIGNMENT = /^# ([A-Z][A-Z0-9_]*)=/;
const assigned = text.split('\n').filter((line) => ASSIGNMENT.test(line));
const names = assigned.map((line) => ASSIGNMENT.exec(line)?.[1] ?? '');

const perNetwork = Object.keys(NETWORK_VARIABLES).map((name) => name.replace('<NETWORK>', ''));
const evm = createNetworks()
  .all()
  .filter(({ family }) => family === 'evm');

describe('.env.example', () => {
  it('names every variable once, and nothing else', () => {
    const fixed = names.filter((name) => !perNetwork.some((prefix) => name.startsWith(prefix)));
    expect(fixed.toSorted()).toEqual(Object.keys(environment.shape).toSorted());
    expect(new Set(names).size).toBe(names.length);
    for (const prefix of perNetwork) expect(names.some((name) => name.startsWith(prefix))).toBe(true);
  });

  it('names the RPC of every network that can be served', () => {
    const rpcs = names.filter((name) => name.startsWith('RPC_URL_'));
    expect(rpcs.toSorted()).toEqual(evm.map(({ env }) => `RPC_URL_${env}`).toSorted());
  });

  it('tells the description and the default of each as the program knows them', () => {
    const words = text.replace(/\n# /g, ' ');
    for (const { description, fallback } of Object.values(VARIABLES)) {
      expect(words).toContain(description);
      expect(words).toContain(`Default: ${fallback}.`);
    }
  });

  it('configures nothing as it stands', () => {
    expect(parseEnv(text)).toEqual({});
  });

  it('works when everything in it is uncommented', () => {
    const env: Record<string, string | undefined> = parseEnv(assigned.map((line) => line.slice(2)).join('\n'));
    const key = '4c'.repeat(32);
    const all = { ...env, EVM_PRIVATE_KEY_MAINNET: key, EVM_PRIVATE_KEY_TESTNET: key, EVM_PRIVATE_KEY: key };
    const { NETWORKS, SIGNER_TYPE, ...every }: Record<string, string | undefined> = all;
    const reading = readConfig(every);
    expect(reading).toMatchObject({ status: 'config', notices: [] });
    expect(reading.status === 'config' && reading.config.served.map(({ network }) => network.env)).toEqual(
      evm.map(({ env }) => env),
    );
    expect(NETWORKS).toBe('base,eip155:84532');
    expect(readConfig({ ...every, NETWORKS })).toMatchObject({ status: 'config', config: { served: [{}, {}] } });
    // The only one that does not go with all others.
    const { EVM_KMS_KEYS_MAINNET: _, EVM_KMS_KEYS_TESTNET: __, ...local } = every;
    expect(readConfig({ ...local, SIGNER_TYPE })).toMatchObject({ status: 'config', notices: [] });
  });
});
