/** Keeps what the operator configured as secret, and anything that looks signed, out of text that leaves the process. */

/** Replaces secrets in `text`. */
export type Scrub = (text: string) => string;

/** Shorter fragments than this would blank out ordinary words. */
const SHORTEST = 8;

/** A 65-byte signature or more: also signed transactions. Hashes and addresses are shorter and stay. */
const SIGNED_HEX = '(?:0x)?[0-9a-fA-F]{128,}';

/** Makes a scrubber for these exact values; of URLs also the parts that carry credentials. */
export function createScrub(secrets: readonly string[]): Scrub {
  const fragments = new Set(secrets.flatMap(fragmentsOf).filter((fragment) => fragment.length >= SHORTEST));
  // Longest first, so that a whole URL goes before its path does.
  const literals = [...fragments].sort((a, b) => b.length - a.length).map(escapeForRegExp);
  const pattern = new RegExp([...literals, SIGNED_HEX].join('|'), 'g');
  return (text) => text.replace(pattern, '[redacted]');
}

function fragmentsOf(secret: string): readonly string[] {
  const bare = secret.replace(/^0x/, '');
  if (!URL.canParse(secret)) return [secret, bare];
  const url = new URL(secret);
  const segments = url.pathname.split('/').filter((segment) => segment.length >= 16);
  const login = [url.password, decoded(url.password)];
  return [secret, url.href, url.search, ...url.searchParams.values(), ...segments, ...login];
}

/** What cannot be decoded stays as it is: whatever is configured, something is blanked. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** `RegExp.escape` is not in every supported Node. */
function escapeForRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
