import { statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, newWallet } from '@facilitator/testing';
import { expect, it, onTestFinished } from 'vitest';
import { findPurse, leavePurse, takePurse } from './purse.ts';

it('is found for loopback addresses of its port only, until it is taken', async () => {
  const port = await freePort();
  const { privateKey } = newWallet();
  leavePurse(port, privateKey);
  onTestFinished(() => takePurse(port));
  expect(statSync(join(tmpdir(), `x402-sandbox-buyer-${port}`)).mode & 0o777).toBe(0o600);
  expect(findPurse(new URL(`http://127.0.0.1:${port}/x`))).toBe(privateKey);
  expect(findPurse(new URL(`http://localhost:${port}/x`))).toBe(privateKey);
  expect(findPurse(new URL(`http://shop.example:${port}/x`))).toBeUndefined();
  expect(findPurse(new URL(`http://127.0.0.1:${port === 65_535 ? 1 : port + 1}/x`))).toBeUndefined();
  takePurse(port);
  expect(findPurse(new URL(`http://127.0.0.1:${port}/x`))).toBeUndefined();
});
