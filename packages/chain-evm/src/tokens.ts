/** The tokens of one network and what is known of each: from the registry first, confirmed or corrected by the chain. */
import type { Domain, EvmAddress, EvmToken, TransferEvent } from '@facilitator/protocol';
import { domainSeparator } from './decode/typed-data.ts';
import { type Hex, lowerAddress } from './hash/hex.ts';

export type KnownToken = {
  readonly symbol: string;
  readonly decimals: number;
  /** Lower-case. */
  readonly address: Hex;
  /** As people read it. */
  readonly spelling: EvmAddress;
  readonly overloads: 'both' | 'vrs';
  readonly transferEvent: TransferEvent;
  /** Undefined until the chain has told it. */
  readonly domain: Domain | undefined;
  readonly domainVerified: boolean;
  readonly separator: Uint8Array | undefined;
  /** Why it is not served; undefined when it is. */
  readonly off: string | undefined;
};

export type TokenBook = {
  /** By lower-case address. */
  find(address: string): KnownToken | undefined;
  all(): readonly KnownToken[];
  isServed(address: string): boolean;
  /** On which side of its AuthorizationUsed event it emits Transfer; what is not in the book does as nearly all do. */
  transferEvent(address: string): TransferEvent;
  /** Those that can be paid with now. */
  served(): readonly KnownToken[];
  /** The chain confirmed `domain`, or told it. Switches the token on. */
  confirm(address: Hex, domain: Domain): void;
  switchOff(address: Hex, why: string): void;
};

export function tokenBook(chainId: number, tokens: readonly EvmToken[]): TokenBook {
  const book = new Map<string, KnownToken>();
  for (const token of tokens) {
    const address = lowerAddress(token.address);
    if (address === undefined) throw new Error(`${token.symbol} has the address ${token.address}, which is none`);
    const { symbol, decimals, domain, domainVerified, transfer } = token;
    book.set(address, {
      symbol,
      decimals,
      address,
      spelling: token.address,
      overloads: transfer.overloads,
      transferEvent: transfer.transferEvent ?? 'after',
      domain,
      domainVerified,
      separator: domain && domainSeparator(domain, chainId, address),
      off: domain === undefined ? 'its EIP-712 domain has not been read from the chain yet' : undefined,
    });
  }

  function change(address: Hex, changed: Partial<KnownToken>): void {
    const token = book.get(address);
    if (token === undefined) throw new Error(`${address} is not in the book`);
    book.set(address, { ...token, ...changed });
  }

  return {
    find: (address) => book.get(address),
    all: () => [...book.values()],
    isServed(address) {
      const token = book.get(address);
      return token !== undefined && token.off === undefined;
    },
    transferEvent: (address) => book.get(address)?.transferEvent ?? 'after',
    served: () => [...book.values()].filter((token) => token.off === undefined),
    confirm(address, domain) {
      change(address, { domain, separator: domainSeparator(domain, chainId, address), off: undefined });
    },
    switchOff(address, why) {
      change(address, { off: why });
    },
  };
}
