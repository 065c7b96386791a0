/** Decides which networks are served: those with an RPC and a key. Says of each other one why not. */
import type { RpcEndpoint } from '@facilitator/chain-evm';
import type { Caip2, EvmNetwork, Network, Networks } from '@facilitator/protocol';
import { closestMatch } from 'leven';
import type { Ceilings, Conduct, KmsKeys, NetworkPlan, Problem, SpendingPlan } from './config.ts';
import { rpcVariable } from './endpoints.ts';
import type { Keys } from './keys.ts';
import { VARIABLES } from './variables.ts';

export type Serving = {
  readonly served: readonly NetworkPlan[];
  readonly unserved: ReadonlyMap<Caip2, string>;
  readonly problems: readonly Problem[];
  readonly notices: readonly string[];
};

export type Given = {
  readonly networks: Networks;
  readonly urls: ReadonlyMap<Caip2, readonly RpcEndpoint[]>;
  readonly ceilings: ReadonlyMap<Caip2, Ceilings>;
  readonly spending: ReadonlyMap<Caip2, SpendingPlan>;
  readonly conduct: ReadonlyMap<Caip2, Conduct>;
  readonly keys: Keys;
  /** The content of NETWORKS. */
  readonly only: readonly string[] | undefined;
};

export function decideServing({ networks, urls, ceilings, spending, conduct, keys, only }: Given): Serving {
  const allowed = allowList(networks, only);
  const served: NetworkPlan[] = [];
  const unserved = new Map<Caip2, string>();
  const problems: Problem[] = [...allowed.problems];
  const notices: string[] = [];

  for (const network of networks.all()) {
    const endpoints = urls.get(network.caip2);
    const named = allowed.networks?.has(network) ?? true;
    if (network.family !== 'evm') {
      unserved.set(network.caip2, NOT_YET);
      if (endpoints !== undefined) notices.push(`${rpcVariable(network)} is not used. ${NOT_YET}`);
    } else if (!named) {
      unserved.set(network.caip2, 'NETWORKS does not name it.');
    } else {
      const verdict = judge(network, endpoints, keys, allowed.networks !== undefined);
      const own = {
        ceilings: ceilings.get(network.caip2) ?? {},
        spending: spending.get(network.caip2) ?? {},
        conduct: conduct.get(network.caip2) ?? {},
      };
      if (verdict.status === 'served') served.push({ ...verdict.plan, ...own });
      else unserved.set(network.caip2, verdict.why);
      if (verdict.status === 'problem') problems.push(verdict.problem);
    }
  }
  return { served, unserved, problems, notices: [...notices, ...idleKeys(keys, served)] };
}

const NOT_YET = 'This version serves EVM networks only.';

type Verdict =
  | { readonly status: 'served'; readonly plan: Omit<NetworkPlan, 'ceilings' | 'spending' | 'conduct'> }
  | { readonly status: 'unserved'; readonly why: string }
  | { readonly status: 'problem'; readonly why: string; readonly problem: Problem };

function judge(network: EvmNetwork, endpoints: NetworkPlan['rpc'] | undefined, keys: Keys, named: boolean): Verdict {
  const own = network.testnet ? 'EVM_PRIVATE_KEY_TESTNET' : 'EVM_PRIVATE_KEY_MAINNET';
  const pool = keysFor(network.testnet, keys);
  const rpc = rpcVariable(network);
  if (endpoints !== undefined && pool !== undefined)
    return { status: 'served', plan: { network, rpc: endpoints, ...pool } };
  if (endpoints !== undefined) {
    const expected = `${rpc} is set, and no key to pay for transactions there; must be ${VARIABLES[own].form}`;
    const kms = network.testnet ? 'EVM_KMS_KEYS_TESTNET' : 'EVM_KMS_KEYS_MAINNET';
    const problem = { variable: own, expected, fix: `Set ${own} or ${kms}, or remove ${rpc}.` };
    return { status: 'problem', why: `${own} is not set.`, problem };
  }
  const why = pool === undefined ? `${rpc} and ${own} are not set.` : `${rpc} is not set.`;
  if (!named) return { status: 'unserved', why };
  const fix = `Set ${rpc}, for example to ${network.publicRpc[0] ?? 'https://…'}, or take ${network.name} out of NETWORKS.`;
  return { status: 'problem', why, problem: { variable: rpc, expected: `NETWORKS names ${network.name}`, fix } };
}

/** A test network never sees a main network's key, nor the other way round. */
function keysFor(testnet: boolean, keys: Keys): Pick<NetworkPlan, 'keys' | 'kms'> | undefined {
  const variable = testnet ? 'EVM_KMS_KEYS_TESTNET' : 'EVM_KMS_KEYS_MAINNET';
  const keyIds = keys[variable];
  const kms: KmsKeys | undefined = keyIds && { variable, keyIds };
  const own = testnet ? keys.EVM_PRIVATE_KEY_TESTNET : keys.EVM_PRIVATE_KEY_MAINNET;
  // The general key is for what has no other: whoever moved a network into KMS wants no other key to sign there.
  const local = own ?? (kms === undefined ? keys.EVM_PRIVATE_KEY : []);
  return local === undefined ? undefined : { keys: local, kms };
}

function allowList(networks: Networks, only: readonly string[] | undefined) {
  if (only === undefined) return { networks: undefined, problems: [] };
  const named = new Set<Network>();
  const problems: Problem[] = [];
  const spellings = networks.all().flatMap(({ name, caip2 }) => [name, caip2]);
  for (const spelling of only) {
    const network = networks.resolve(spelling);
    if (network !== undefined) {
      named.add(network);
      continue;
    }
    const near = closestMatch(spelling, spellings, { maxDistance: 4 });
    const fix = near === undefined ? 'Take it out, or add it with CONFIG_FILE.' : `Did you mean ${near}?`;
    problems.push({ variable: 'NETWORKS', expected: `one of its names is no network that is known here`, fix });
  }
  return { networks: named, problems };
}

/** Keys that nothing uses are worth a word: the operator meant something by them. */
function idleKeys(keys: Keys, served: readonly NetworkPlan[]): readonly string[] {
  const serves = (testnet: boolean) => served.some(({ network }) => network.testnet === testnet);
  return (['MAINNET', 'TESTNET'] as const).flatMap((kind) => {
    if (serves(kind === 'TESTNET')) return [];
    const what = kind === 'TESTNET' ? 'test' : 'main';
    return ([`EVM_PRIVATE_KEY_${kind}`, `EVM_KMS_KEYS_${kind}`] as const)
      .filter((variable) => keys[variable] !== undefined)
      .map((variable) => `${variable} is set, but no RPC_URL_<NETWORK> of a ${what} network is, so it is not used.`);
  });
}
