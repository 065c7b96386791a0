/** The parts of the documents that are made from the code, by document and name. */
import { defaultPolicy } from '@facilitator/chain-evm';
import {
  type Confirmation,
  createNetworks,
  type EvmNetwork,
  type Network,
  REASONS,
  type Reason,
} from '@facilitator/protocol';
import { NETWORK_VARIABLES, VARIABLES, type Variable } from '../../apps/facilitator/src/config/variables.ts';
import { createMetrics } from '../../apps/facilitator/src/meter/metrics.ts';
import { ADVICE } from './advice.ts';
import { read, table } from './markdown.ts';

type Parts = Readonly<Record<string, () => string>>;

export const MADE: Readonly<Record<string, Parts>> = {
  'docs/operating.md': { configuration, networks, metrics },
  'docs/using.md': {
    reasons,
    tokens,
    ...Object.fromEntries(
      ['seller-express', 'seller-hono', 'seller-express-v1', 'buyer-fetch', 'seller-uvd', 'buyer-uvd'].map((name) => [
        name,
        () => `\`\`\`ts\n${read(`docs/examples/${name}.ts`).trim()}\n\`\`\``,
      ]),
    ),
  },
};

function configuration(): string {
  const all: readonly (readonly [string, Variable])[] = [
    ...Object.entries(VARIABLES),
    ...Object.entries(NETWORK_VARIABLES),
  ];
  return table(
    ['variable', 'what it does', 'form', 'default'],
    all.map(([name, { description, form, fallback }]) => [`\`${name}\``, description, form, fallback]),
  );
}

function networks(): string {
  return table(
    ['network', 'RPC variable', 'gas is paid in', 'settled when', 'a payment costs at most'],
    evm().map((network) => [
      network.name,
      `\`RPC_URL_${network.env}\``,
      network.native,
      confirmed(network.confirmation),
      `${mostPaid(network)} ${network.native}`,
    ]),
  );
}

/** For a payer with a key, under the default ceilings. */
function mostPaid(network: EvmNetwork): string {
  const { gas, maxFeePerGas } = defaultPolicy(network);
  const wei = (gas.key * maxFeePerGas).toString().padStart(19, '0');
  return `${wei.slice(0, -18)}.${wei.slice(-18)}`.replace(/\.?0+$/, '');
}

function confirmed(confirmation: Confirmation): string {
  if (confirmation === 'included') return 'it is in a block';
  if (confirmation === 'safe') return 'its block is `safe`';
  return `${confirmation.blocks} blocks, its own counted`;
}

function metrics(): string {
  const { registry } = createMetrics({ processMetrics: false });
  // The published types leave out what every metric has.
  const all = registry.getMetricsAsArray() as unknown as readonly {
    readonly name: string;
    readonly help: string;
    readonly labelNames: readonly string[];
    readonly constructor: { readonly name: string };
  }[];
  return table(
    ['metric', 'kind', 'labels', 'meaning'],
    all.map(({ name, help, labelNames, constructor: kind }) => [
      `\`${name}\``,
      kind.name.toLowerCase(),
      labelNames.join(', ') || '-',
      help,
    ]),
  );
}

function reasons(): string {
  const codes = Object.keys(REASONS) as Reason[];
  return table(
    ['code', 'in v1, where it differs', 'what it means', 'what to do'],
    codes.map((code) => {
      const entry: { readonly meaning: string; readonly v1?: string } = REASONS[code];
      return [`\`${code}\``, entry.v1 === undefined ? '' : `\`${entry.v1}\``, entry.meaning, ADVICE[code]];
    }),
  );
}

function tokens(): string {
  return table(
    ['v1 name', 'CAIP-2 id', 'tokens'],
    evm().map((network: Network) => [
      `\`${network.name}\``,
      `\`${network.caip2}\``,
      network.tokens.map(({ symbol }) => symbol).join(', '),
    ]),
  );
}

function evm(): readonly EvmNetwork[] {
  return createNetworks()
    .all()
    .filter((network) => network.family === 'evm');
}
