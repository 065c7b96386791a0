/** One chain and two facilitators on it, one of which takes any token: what tests of single requests need. */
import {
  type Anvil,
  type CountingProxy,
  countingProxy,
  putBareFactory,
  putFactory,
  randomNonce,
} from '@facilitator/testing';
import { purseOf, startChain } from './chain.ts';
import { type Facilitator, startHere } from './facilitator.ts';
import { OWN_TOKENS, putOwnTokens } from './own-tokens.ts';
import { openScene, type Scene, type Version } from './scene.ts';
import { ALLOWED_FACTORY, BARE_FACTORY } from './wallets.ts';

const GAS_MONEY = 10n ** 19n;

export type World = {
  readonly anvil: Anvil;
  /** Serves the registry's tokens and two of its own, as most operators would. */
  readonly careful: Facilitator;
  /** Takes any token. */
  readonly daring: Facilitator;
  scene(version: Version): Promise<Scene>;
  /** Whatever must be in no answer and no log line: addresses of RPCs, keys, and every signature so far. */
  secrets(): readonly string[];
  close(): Promise<void>;
};

export async function openWorld(): Promise<World> {
  const anvil = await startChain();
  const proxy: CountingProxy = await countingProxy(anvil.url);
  await Promise.all([
    putOwnTokens(anvil),
    putFactory(anvil, 'WalletFactory', ALLOWED_FACTORY),
    putBareFactory(anvil, BARE_FACTORY),
  ]);
  const secret = `s3cret-${randomNonce().slice(2, 34)}`;
  const rpcUrl = `${proxy.url}/v2/${secret}?apikey=${secret}`;
  const careful = await startHere({
    rpcUrl,
    file: OWN_TOKENS,
    env: { ERC6492_FACTORIES: `${ALLOWED_FACTORY},${BARE_FACTORY}` },
  });
  const daring = await startHere({ rpcUrl, env: { ALLOW_ANY_ASSET: 'true' } });
  const signers = [careful.signer, daring.signer];
  await Promise.all(signers.map(({ address }) => anvil.setBalance(address, GAS_MONEY)));
  const signatures: string[] = [];
  return {
    ...{ anvil, careful, daring },
    scene: (version) => openScene(anvil, version, (signature) => signatures.push(signature)),
    secrets: () => [
      secret,
      new URL(proxy.url).host,
      ...signers.map(({ privateKey }) => privateKey.slice(2)),
      // Half a signature is too much, too.
      ...signatures.flatMap((signature) => [signature.slice(2, 66), signature.slice(66, 130)]),
    ],
    async close() {
      await Promise.all([careful.close(), daring.close()]);
      await proxy.stop();
      await anvil.stop();
    },
  };
}

/** What both signers have spent. */
export async function spentBy({ anvil, careful, daring }: World) {
  return Promise.all([careful, daring].map(({ signer }) => purseOf(anvil, signer.address)));
}
