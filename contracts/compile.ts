/** Compiles contracts/*.sol into contracts/artifacts/*.json. Run `node contracts/compile.ts` after changing a contract. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import solc from 'solc';

/** What a file in contracts/artifacts/ holds. */
export type Artifact = {
  readonly contract: string;
  /** sha256 over compiler version, settings and all sources: equal means the artifact is current. */
  readonly source: string;
  readonly abi: readonly unknown[];
  readonly bytecode: string;
  readonly deployedBytecode: string;
  /** Slot of each state variable, by name. */
  readonly slots: Readonly<Record<string, number>>;
};

type Output = {
  readonly errors?: readonly { readonly severity: string; readonly formattedMessage: string }[];
  readonly contracts: Record<
    string,
    Record<
      string,
      {
        readonly abi: readonly unknown[];
        readonly evm: { readonly bytecode: { object: string }; readonly deployedBytecode: { object: string } };
        readonly storageLayout: { readonly storage: readonly { label: string; slot: string }[] };
      }
    >
  >;
};

const FOLDER = new URL('./', import.meta.url);
export const ARTIFACTS = new URL('./artifacts/', import.meta.url);

// `paris` has no PUSH0, so the code runs under every hardfork a test may choose. No metadata: same source, same bytes.
const SETTINGS = {
  evmVersion: 'paris',
  optimizer: { enabled: true, runs: 10_000 },
  metadata: { appendCBOR: false, bytecodeHash: 'none' },
  outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object', 'evm.deployedBytecode.object', 'storageLayout'] } },
};

function input(): string {
  const files = readdirSync(FOLDER).filter((file) => file.endsWith('.sol'));
  const sources = files.sort().map((file) => [file, { content: readFileSync(new URL(file, FOLDER), 'utf8') }] as const);
  return JSON.stringify({ language: 'Solidity', sources: Object.fromEntries(sources), settings: SETTINGS });
}

/** The hash that current artifacts carry. */
export function sourceHash(): string {
  return createHash('sha256').update(`${solc.version()}\n${input()}`).digest('hex');
}

/** Compiles everything, without writing. Contracts in alphabetical order; libraries and abstract contracts are left out. */
export function compile(): readonly Artifact[] {
  const source = sourceHash();
  const output: Output = JSON.parse(solc.compile(input()));
  const faults = (output.errors ?? []).map((error) => error.formattedMessage);
  if (faults.length > 0) throw new Error(faults.join('\n'));
  return Object.values(output.contracts)
    .flatMap((file) => Object.entries(file))
    .filter(([, compiled]) => compiled.abi.length > 0 && compiled.evm.bytecode.object !== '')
    .map(([contract, { abi, evm, storageLayout }]) => ({
      contract,
      source,
      abi,
      bytecode: `0x${evm.bytecode.object}`,
      deployedBytecode: `0x${evm.deployedBytecode.object}`,
      slots: Object.fromEntries(storageLayout.storage.map(({ label, slot }) => [label, Number(slot)])),
    }))
    .sort((a, b) => (a.contract < b.contract ? -1 : 1));
}

/** The text of an artifact's file. */
export function render(artifact: Artifact): string {
  return `${JSON.stringify(artifact, null, 2)}\n`;
}

if (import.meta.main) {
  await rm(ARTIFACTS, { recursive: true, force: true });
  await mkdir(ARTIFACTS);
  for (const artifact of compile()) {
    await writeFile(new URL(`${artifact.contract}.json`, ARTIFACTS), render(artifact));
    process.stdout.write(`${artifact.contract}\n`);
  }
}
