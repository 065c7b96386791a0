/** The scheme's payload as clients send it, strict about meaning and tolerant about spelling. */
import { z } from 'zod';
import type { TransferTerms } from '../abi/calls.ts';
import { type Hex, hexBytes, lowerAddress } from '../hash/hex.ts';

/** `signature` is still whatever text was sent, without any 0x: its form is judged with the rest of the signature. */
type Eip3009Payload = { readonly transfer: TransferTerms; readonly signature: string };

export type ParsedPayload =
  | { readonly status: 'payload'; readonly payload: Eip3009Payload }
  | { readonly status: 'malformed'; readonly message: string };

const UINT256_MAX = 2n ** 256n - 1n;
const DECIMAL = /^\d{1,78}$/;
/** Wallet signatures of a few hundred bytes are usual; bodies end at 64 KiB. */
const LONGEST_SIGNATURE = 32_768;

const address = z.string(must('be an address, 0x and 40 hex digits')).transform((text, context): Hex => {
  const found = lowerAddress(text);
  return found ?? fault(context, 'must be an address, 0x and 40 hex digits');
});

const uint256 = z
  .union([z.string(), z.number()], must('be a decimal string or a whole JSON number'))
  .transform((sent, context): bigint => {
    if (typeof sent === 'number') {
      return Number.isSafeInteger(sent) && sent >= 0
        ? BigInt(sent)
        : fault(context, 'must be a whole number that JSON can carry exactly; send a decimal string');
    }
    const value = DECIMAL.test(sent) ? BigInt(sent) : undefined;
    return value !== undefined && value <= UINT256_MAX
      ? value
      : fault(context, 'must be a decimal string that fits 256 bits');
  });

const bytes32 = z.string(must('be 32 bytes of hex')).transform((text, context): Hex => {
  const bytes = hexBytes(text);
  return bytes?.length === 66 ? bytes : fault(context, 'must be 32 bytes of hex, 0x and 64 digits');
});

const PAYLOAD = z.object(
  {
    // Some clients prefix their 0x twice, some not at all.
    signature: z
      .string(must('be a hex string'))
      .max(LONGEST_SIGNATURE, `must have at most ${LONGEST_SIGNATURE} characters`)
      .transform((text) => text.replace(/^(?:0[xX])+/, '')),
    authorization: z.object(
      { from: address, to: address, value: uint256, validAfter: uint256, validBefore: uint256, nonce: bytes32 },
      must('be an object with from, to, value, validAfter, validBefore and nonce'),
    ),
  },
  must('be an object with signature and authorization'),
);

/** Reads `payload`. The message names each faulty field by its path, and never repeats a signature. */
export function parsePayload(payload: Readonly<Record<string, unknown>>): ParsedPayload {
  const parsed = PAYLOAD.safeParse(payload);
  if (parsed.success) {
    const { signature, authorization } = parsed.data;
    return { status: 'payload', payload: { transfer: authorization, signature } };
  }
  const faults = parsed.error.issues.map(({ path, message }) => `${['payload', ...path].join('.')} ${message}`);
  return { status: 'malformed', message: `${faults.join('; ')}.` };
}

function must(what: string) {
  return {
    error: (issue: { readonly input?: unknown }) =>
      issue.input === undefined ? `is missing: it must ${what}` : `must ${what}`,
  };
}

function fault(context: z.RefinementCtx, message: string): never {
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
}
