/** The form in which an operator writes own networks and tokens. Unknown fields are faults: they are typing errors. */
import { z } from 'zod';
import type { Confirmation, EvmAddress } from './network.ts';

const evmAddress = z.custom<EvmAddress>((value) => typeof value === 'string' && /^0x[0-9a-fA-F]{40}$/.test(value), {
  error: 'must be an address: 0x and 40 hexadecimal digits',
});

const BLOCKS = z.strictObject({ blocks: z.int().min(1).max(1000) });

const confirmation = z.custom<Confirmation>(
  (value) => value === 'included' || value === 'safe' || BLOCKS.safeParse(value).success,
  { error: 'must be "included", "safe" or { "blocks": n } with n from 1 to 1000' },
);

const site = z.url({ protocol: /^https?$/, error: 'must be an http or https address' });

const name = z
  .string({ error: 'must be a name such as "my-chain"' })
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be lower-case letters, digits and hyphens, at most 63');

const network = {
  name,
  /** Test networks and main networks are signed for with different keys. */
  testnet: z.boolean().optional(),
  label: z.string().min(1).max(64).optional(),
  aliases: z.array(z.string().min(1).max(128)).optional(),
  publicRpc: z.array(site).optional(),
  /** A site with Etherscan's paths. */
  explorer: site.optional(),
  /** Milliseconds. */
  blockMs: z.int().min(1).max(600_000).optional(),
  confirmation: confirmation.optional(),
  /** Symbol of the coin that pays for transactions. */
  native: z.string().min(1).max(16).optional(),
};

const token = {
  symbol: z.string().min(1).max(32),
  decimals: z.int().min(0).max(36),
};

const evmToken = z.strictObject({
  ...token,
  address: evmAddress,
  /** EIP-712 name and version. Left out, the contract is asked. */
  domain: z.strictObject({ name: z.string().max(128), version: z.string().max(32) }).optional(),
  overloads: z.enum(['both', 'vrs'], { error: 'must be "both" or "vrs"' }).optional(),
  transferEvent: z.enum(['after', 'before'], { error: 'must be "after" or "before"' }).optional(),
});
export type OwnEvmToken = z.infer<typeof evmToken>;

/** An EVM network, new or known. */
export const EVM_ENTRY = z.strictObject({
  ...network,
  chainId: z.int().positive().optional(),
  fees: z.enum(['eip1559', 'legacy'], { error: 'must be "eip1559" or "legacy"' }).optional(),
  multicall3: evmAddress.optional(),
  tokens: z.array(evmToken).optional(),
});
export type EvmEntry = z.infer<typeof EVM_ENTRY>;

/** A known network of another family. */
export const OTHER_ENTRY = z.strictObject({
  ...network,
  tokens: z
    .array(
      z.strictObject({
        ...token,
        address: z.string().min(1).max(128),
        /** Solana and Fogo only. */
        program: z.enum(['token', 'token-2022'], { error: 'must be "token" or "token-2022"' }).optional(),
      }),
    )
    .optional(),
});
export type OtherEntry = z.infer<typeof OTHER_ENTRY>;

/** The whole file. Which form an entry has follows from its name. */
export const OWN_FILE = z.strictObject({ networks: z.array(z.looseObject({ name })).optional() });
