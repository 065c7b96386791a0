/** The form of every environment variable with a fixed name. `variables.ts` says what each is for. */
import { BATCHINGS } from '@facilitator/protocol';
import { z } from 'zod';
import { BAD_ESCAPE, isDecodable } from './escapes.ts';

const wholeNumber = (least: number, most: number) =>
  z
    .stringFormat('whole number', /^\d{1,15}$/)
    .transform(Number)
    .pipe(z.number().min(least).max(most));

const flag = z
  .enum(['true', 'false', '1', '0', 'yes', 'no', 'on', 'off'])
  .transform((text) => ['true', '1', 'yes', 'on'].includes(text));

const list = z.string().transform((text) =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== ''),
);

/** A path may have any %. */
const decodable = (text: string) => !/^postgres/i.test(text) || isDecodable(text);

/** Values are the trimmed strings of the process environment; unset and empty are the same. */
export const environment = z.object({
  EVM_PRIVATE_KEY_MAINNET: list.optional(),
  EVM_PRIVATE_KEY_TESTNET: list.optional(),
  EVM_PRIVATE_KEY: list.optional(),
  EVM_KMS_KEYS_MAINNET: list.optional(),
  EVM_KMS_KEYS_TESTNET: list.optional(),
  SIGNER_TYPE: z.enum(['private-key', 'aws-kms']).optional(),
  NETWORKS: list.pipe(z.array(z.string()).min(1)).optional(),
  CONFIG_FILE: z.string().optional(),
  JOURNAL_URL: z
    .string()
    .regex(/^(?:sqlite:.|postgres(?:ql)?:\/\/.|:memory:$)/i)
    .refine(decodable, BAD_ESCAPE)
    .optional(),
  DATABASE_URL: z
    .string()
    .regex(/^postgres(?:ql)?:\/\/./i)
    .refine(decodable, BAD_ESCAPE)
    .optional(),
  JOURNAL_KEEP_DAYS: wholeNumber(0, 36_500).optional(),
  HOST: z
    .string()
    .regex(/^[\w.:-]+$/)
    .optional(),
  PORT: wholeNumber(0, 65_535).optional(),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).optional(),
  RUST_LOG: z.string().optional(),
  SETTLE_WAIT_SECONDS: wholeNumber(1, 60).optional(),
  SETTLE_FAILURE_STATUS: z.enum(['200', '402']).transform(Number).optional(),
  TX_RECEIPT_TIMEOUT_SECS: wholeNumber(1, 3_600).optional(),
  MAX_REQUEST_BODY_BYTES: wholeNumber(16_384, 16_777_216).optional(),
  KEEP_ALIVE_SECONDS: wholeNumber(1, 3_600).optional(),
  SHUTDOWN_SECONDS: wholeNumber(0, 300).optional(),
  CORS_ORIGINS: list.optional(),
  RATE_LIMIT_PER_MINUTE: wholeNumber(1, 1_000_000).optional(),
  TRUST_PROXY_HOPS: wholeNumber(0, 16).optional(),
  MAX_CONCURRENT_REQUESTS: wholeNumber(1, 1_000_000).optional(),
  BATCHING: z.enum(BATCHINGS).optional(),
  ALLOW_ANY_ASSET: flag.optional(),
  ERC6492_FACTORIES: list.pipe(z.array(z.string().regex(/^0x[0-9a-fA-F]{40}$/))).optional(),
});

export type Environment = z.output<typeof environment>;
export type VariableName = keyof Environment;
