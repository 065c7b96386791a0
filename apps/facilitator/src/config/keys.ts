/** Which keys sign: those in variables, and those in a key service. */
import type { KmsVariable, PrivateKey, Problem } from './config.ts';
import type { Environment } from './environment.ts';
import { readKeyPool } from './key-pool.ts';
import { kmsKeyProblems } from './kms-keys.ts';
import { VARIABLES } from './variables.ts';

const LOCAL = ['EVM_PRIVATE_KEY_MAINNET', 'EVM_PRIVATE_KEY_TESTNET', 'EVM_PRIVATE_KEY'] as const;
const KMS = ['EVM_KMS_KEYS_MAINNET', 'EVM_KMS_KEYS_TESTNET'] as const satisfies readonly KmsVariable[];

/** Keys by the variable that holds or names them; absent when it is not set. */
export type Keys = Readonly<Partial<Record<(typeof LOCAL)[number], readonly PrivateKey[]>>> &
  Readonly<Partial<Record<KmsVariable, readonly string[]>>>;

export type ReadKeys = { readonly keys: Keys; readonly problems: readonly Problem[] };

export function readKeys(values: Environment): ReadKeys {
  const keys: { -readonly [name in keyof Keys]: Keys[name] } = {};
  const problems: Problem[] = [];
  for (const name of [...LOCAL, ...KMS]) {
    if (values[name]?.length === 0) problems.push(nothingIn(name));
  }
  for (const name of LOCAL) {
    const items = values[name] ?? [];
    if (items.length === 0) continue;
    const pool = readKeyPool(name, items);
    if (pool.status === 'keys') keys[name] = pool.keys;
    else problems.push(...pool.problems);
  }
  for (const name of KMS) {
    const items = values[name] ?? [];
    if (items.length === 0) continue;
    const found = kmsKeyProblems(name, items);
    if (found.length === 0) keys[name] = items;
    else problems.push(...found);
  }
  return { keys, problems: [...problems, ...contradiction(values)] };
}

/** Commas alone. */
function nothingIn(variable: (typeof LOCAL | typeof KMS)[number]): Problem {
  return {
    variable,
    expected: `must be ${VARIABLES[variable].form}`,
    fix: `Put a key into ${variable}, or remove it.`,
  };
}

/** SIGNER_TYPE decides nothing, but whoever sets it means that no key is held in another way. */
function contradiction({ SIGNER_TYPE: type, ...values }: Environment): readonly Problem[] {
  const variable = 'SIGNER_TYPE';
  const others = (type === 'aws-kms' ? LOCAL : KMS).filter((name) => values[name] !== undefined);
  if (type !== undefined && others.length > 0) {
    const expected = `it says ${type}, and ${others.join(' and ')} ${others.length === 1 ? 'is' : 'are'} set`;
    return [
      { variable, expected, fix: `Remove SIGNER_TYPE to use both kinds of keys, or remove ${others.join(' and ')}.` },
    ];
  }
  if (type !== 'aws-kms' || KMS.some((name) => values[name] !== undefined)) return [];
  const expected = 'it says aws-kms, and no key in AWS KMS is named';
  return [{ variable, expected, fix: `Set ${KMS.join(' or ')}, or remove SIGNER_TYPE.` }];
}
