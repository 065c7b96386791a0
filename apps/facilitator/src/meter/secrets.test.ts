import { describe, expect, it } from 'vitest';
import { createScrub } from './secrets.ts';

const key = `0x${'4c'.repeat(32)}`;

describe('createScrub', () => {
  it('blanks a key with and without 0x', () => {
    const scrub = createScrub([key]);
    expect(scrub(`signing with ${key}`)).toBe('signing with [redacted]');
    expect(scrub(`signing with ${key.slice(2)}!`)).toBe('signing with [redacted]!');
  });

  it('blanks the credential parts of a URL wherever they appear', () => {
    const scrub = createScrub(['https://user:pa$$word1@base.example/v2/abcdefghijklmnop1234?apikey=s3cr3tvalue']);
    const leaked = [
      'request to https://user:pa$$word1@base.example/v2/abcdefghijklmnop1234?apikey=s3cr3tvalue failed',
      'POST /v2/abcdefghijklmnop1234 401',
      'key s3cr3tvalue is over its limit',
      'login pa$$word1 refused',
    ].map(scrub);
    for (const line of leaked) expect(line).not.toMatch(/abcdefghijklmnop1234|s3cr3tvalue|pa\$\$word1/);
  });

  it('blanks what cannot be decoded as it is written', () => {
    const scrub = createScrub(['postgres://u:top%zzsecret@db.example/payments']);
    expect(scrub('password top%zzsecret refused')).toBe('password [redacted] refused');
  });

  it('blanks signatures and signed transactions but leaves hashes and addresses', () => {
    const scrub = createScrub([]);
    const hash = `0x${'ab'.repeat(32)}`;
    expect(scrub(`sig 0x${'cd'.repeat(65)} tx ${hash}`)).toBe(`sig [redacted] tx ${hash}`);
  });

  it('does not blank ordinary words when a secret is short', () => {
    expect(createScrub(['base', 'http://127.0.0.1:8545'])('base is open')).toBe('base is open');
  });
});
