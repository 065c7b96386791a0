/** What this facilitator announces that it takes. Follows from the configuration alone. */
import type { Served } from './house.ts';

export type Kind = { readonly x402Version: 1 | 2; readonly scheme: string; readonly network: string };

/** The extensions whose data the facilitator itself acts on. */
export const EXTENSIONS = ['payment-identifier'] as const;

/** Each served network under its v1 name and its CAIP-2 id. */
export function kindsOf(served: readonly Served[]): readonly Kind[] {
  return served.flatMap(({ network }): Kind[] => [
    { x402Version: 1, scheme: 'exact', network: network.name },
    { x402Version: 2, scheme: 'exact', network: network.caip2 },
  ]);
}

/** Signing addresses under a pattern for all networks of a namespace, such as `eip155:*`. */
export function signersOf(served: readonly Served[]): Readonly<Record<string, readonly string[]>> {
  const byPattern = new Map<string, Set<string>>();
  for (const { network, signers } of served) {
    const pattern = `${network.caip2.split(':', 1)[0]}:*`;
    const known = byPattern.get(pattern) ?? new Set();
    byPattern.set(pattern, new Set([...known, ...signers]));
  }
  return Object.fromEntries([...byPattern].map(([pattern, signers]) => [pattern, [...signers]]));
}
