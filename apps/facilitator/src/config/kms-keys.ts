/** Reads which keys in AWS KMS sign, without ever repeating how they are called: ARNs name accounts. */
import type { KmsVariable, Problem } from './config.ts';

/** A key id (36 characters), an alias, or the ARN of either. */
const KEY_ID =
  /^(?:[0-9A-Za-z-]{36}|alias\/[\w/-]{1,250}|arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:(?:key\/[0-9A-Za-z-]{36}|alias\/[\w/-]{1,250}))$/;

const FORM =
  'each key must be a key id, an alias (alias/…) or the ARN of either (arn:aws:kms:…), of an ECC_SECG_P256K1 key';

/** What is wrong with the names themselves; AWS is not asked. `items` are the comma-separated parts of `variable`. */
export function kmsKeyProblems(variable: KmsVariable, items: readonly string[]): readonly Problem[] {
  return items.flatMap((item, index) => {
    if (KEY_ID.test(item)) return [];
    const which = items.length === 1 ? 'the key' : `key ${index + 1} of ${items.length}`;
    return [{ variable, expected: `${FORM}; ${which} ${faultOf(item)}`, fix: `Put the right name into ${variable}.` }];
  });
}

function faultOf(item: string): string {
  if (/^(?:0x)?[0-9a-fA-F]{64}$/.test(item)) return 'looks like a private key, which belongs nowhere near KMS names';
  if (/\s/.test(item)) return 'has blanks in it; separate keys with commas';
  return 'is neither';
}
