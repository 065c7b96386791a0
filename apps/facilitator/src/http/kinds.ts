/** What this facilitator announces that it takes. Follows from the configuration alone. */
import type { Batching } from '@facilitator/protocol';
import type { Served } from './house.ts';

type Kind = { readonly x402Version: 1 | 2; readonly scheme: string; readonly network: string };

/** `extra` holds what requirements may repeat in theirs: some servers copy it there. */
type SupportedKind = Kind & { readonly extra: { readonly batching: Batching } };

/** The extensions whose data the facilitator itself acts on. */
export const EXTENSIONS = ['payment-identifier'] as const;

/** Each served network under its v1 name and its CAIP-2 id. */
export function kindsOf(served: readonly Served[]): readonly Kind[] {
  return served.flatMap(({ network }): Kind[] => [
    { x402Version: 1, scheme: 'exact', network: network.name },
    { x402Version: 2, scheme: 'exact', network: network.caip2 },
  ]);
}

/** The same, with what holds for payments of each kind. */
export function supportedKinds(served: readonly Served[]): readonly SupportedKind[] {
  return served.flatMap((each) => kindsOf([each]).map((kind) => ({ ...kind, extra: { batching: each.batching } })));
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
