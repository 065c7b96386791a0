import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { loadConfig } from './load-config.ts';

function folder() {
  const path = mkdtempSync(join(tmpdir(), 'facilitator-config-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

const env = { CONFIG_FILE: 'own.json', RPC_URL_MINE: 'http://127.0.0.1:1', EVM_PRIVATE_KEY_TESTNET: '4c'.repeat(32) };

it('reads the file that CONFIG_FILE names', () => {
  const here = folder();
  writeFileSync(join(here, 'own.json'), '{"networks":[{"name":"mine","chainId":4242,"testnet":true}]}');
  expect(loadConfig(env, here)).toMatchObject({
    status: 'config',
    config: { served: [{ network: { name: 'mine' } }] },
  });
});

it('says that the file cannot be read', () => {
  expect(loadConfig(env, folder())).toMatchObject({ status: 'problems', problems: [{ variable: 'CONFIG_FILE' }] });
});

it('needs no file', () => {
  expect(loadConfig({ CONFIG_FILE: ' ' }, folder())).toMatchObject({ status: 'unconfigured' });
});
