/** Text from nodes and providers, made fit to show: providers repeat URLs with keys in them, nodes repeat calldata. */

const LONGEST = 200;
const URLS = /\b(?:https?|wss?):\/\/[^\s"'<>)\]}]+/gi;
/** Signatures and calldata. Hashes and addresses stay: people search for them. */
const LONG_HEX = /\b(0x)?[0-9a-fA-F]{65,}\b/g;
/** Parts of the endpoint's address that are too short or too common to be a secret. */
const SHORTEST_SECRET = 8;

/** `text` in one line without URLs, without parts of `endpoint` that may be a key, and without long hex. */
export function scrub(text: string, endpoint: URL): string {
  let clean = text.replace(URLS, '(url)').replace(LONG_HEX, '(hex)');
  for (const secret of secretsOf(endpoint)) clean = clean.replaceAll(secret, '(secret)');
  clean = clean.replace(/\s+/g, ' ').trim();
  return clean.length > LONGEST ? `${clean.slice(0, LONGEST)}…` : clean;
}

function secretsOf({ host, username, password, pathname, searchParams }: URL): readonly string[] {
  const parts = [username, password, ...pathname.split('/'), ...searchParams.values(), ...host.split('.')];
  // Longest first, so that no secret is cut in two by a shorter one.
  return parts.filter((part) => part.length >= SHORTEST_SECRET).sort((a, b) => b.length - a.length);
}
