/** What every environment variable is for. Messages, `.env.example` and the documentation are made from this or tested against it. */
import type { VariableName } from './environment.ts';

export type Variable = {
  /** What it does, for people. */
  readonly description: string;
  /** What a value looks like; completes "must be …". */
  readonly form: string;
  readonly example: string;
  /** What holds when it is not set; completes "Default: …". */
  readonly fallback: string;
};

const KEY_FORM = {
  form: '64 hexadecimal digits, with or without 0x; several keys are separated by commas',
  example: '0x…',
};

const KMS_FORM = {
  form: 'key ids, aliases or ARNs of ECC_SECG_P256K1 keys, separated by commas',
  fallback: 'none',
};

/** Variables with a fixed name, in the order of the documentation. */
export const VARIABLES = {
  EVM_PRIVATE_KEY_MAINNET: {
    ...KEY_FORM,
    description: 'Keys that pay for transactions on EVM main networks. Several make a pool that works in parallel.',
    fallback: 'EVM_PRIVATE_KEY',
  },
  EVM_PRIVATE_KEY_TESTNET: {
    ...KEY_FORM,
    description: 'Keys that pay for transactions on EVM test networks. Main networks never use them.',
    fallback: 'EVM_PRIVATE_KEY',
  },
  EVM_PRIVATE_KEY: {
    ...KEY_FORM,
    description:
      'Keys for main or test networks that have none of their own, in variables or in KMS. Naming them apart is safer.',
    fallback: 'none',
  },
  EVM_KMS_KEYS_MAINNET: {
    ...KMS_FORM,
    description: 'Keys in AWS KMS that pay for transactions on EVM main networks, beside those in variables or alone.',
    example: 'alias/facilitator-1,alias/facilitator-2',
  },
  EVM_KMS_KEYS_TESTNET: {
    ...KMS_FORM,
    description: 'Keys in AWS KMS that pay for transactions on EVM test networks. Main networks never use them.',
    example: 'alias/facilitator-test',
  },
  SIGNER_TYPE: {
    description: 'Need not be set. Where it is, a key that is held in another way stops the start.',
    form: 'private-key or aws-kms',
    example: 'private-key',
    fallback: 'every key that is set signs, however it is held',
  },
  NETWORKS: {
    description: 'Serve only these networks, although others are configured too.',
    form: 'network names or CAIP-2 ids, separated by commas',
    example: 'base,eip155:84532',
    fallback: 'every network with an RPC and a key',
  },
  CONFIG_FILE: {
    description: 'A JSON file with networks and tokens of your own.',
    form: 'the path of a readable JSON file',
    example: './facilitator.json',
    fallback: 'none',
  },
  JOURNAL_URL: {
    description:
      'Where payments are remembered: a SQLite file for one process, or a PostgreSQL database that several share. Keep it on a disk that outlives the container.',
    form: 'sqlite:PATH, postgres://USER:PASSWORD@HOST/DATABASE, or :memory: for nothing that lasts',
    example: 'sqlite:data/journal.db',
    fallback: 'DATABASE_URL, else sqlite:data/journal.db',
  },
  DATABASE_URL: {
    description: 'What hosting platforms call it; read when JOURNAL_URL is not set.',
    form: 'postgres://USER:PASSWORD@HOST/DATABASE',
    example: 'postgres://facilitator:secret@db.internal/facilitator',
    fallback: 'none',
  },
  JOURNAL_KEEP_DAYS: {
    description:
      'How many days payments that are over are remembered. Older ones are forgotten in the background, with their idempotency keys, once their authorizations have been expired as long. 0 forgets nothing.',
    form: 'a whole number from 0 to 36500',
    example: '90',
    fallback: '90',
  },
  HOST: {
    description: 'The address to listen on.',
    form: 'an IP address or host name',
    example: '127.0.0.1',
    fallback: '0.0.0.0',
  },
  PORT: {
    description: 'The port to listen on; 0 takes any free one.',
    form: 'a whole number from 0 to 65535',
    example: '8080',
    fallback: '8080',
  },
  LOG_LEVEL: {
    description: 'How much is logged. Every line is one JSON object on standard output.',
    form: 'fatal, error, warn, info, debug, trace or silent',
    example: 'info',
    fallback: 'info',
  },
  RUST_LOG: {
    description: 'The old name of LOG_LEVEL; a plain level in it is understood.',
    form: 'a level such as info',
    example: 'info',
    fallback: 'none',
  },
  SETTLE_WAIT_SECONDS: {
    description:
      'How long /settle waits for evidence before it answers settlement_pending. Callers choose with `Prefer: wait=N`. Many clients give up at 30.',
    form: 'a whole number from 1 to 60',
    example: '20',
    fallback: 'TX_RECEIPT_TIMEOUT_SECS, else 20',
  },
  SETTLE_FAILURE_STATUS: {
    description:
      'The HTTP status of a /settle answer whose success is false. The protocol answers 200; clients that take every 200 for a success, as uvd-x402-sdk does, are safe with 402.',
    form: '200 or 402',
    example: '402',
    fallback: '200',
  },
  TX_RECEIPT_TIMEOUT_SECS: {
    description: 'The old name of SETTLE_WAIT_SECONDS; more than 60 counts as 60.',
    form: 'a whole number from 1 to 3600',
    example: '20',
    fallback: 'none',
  },
  MAX_REQUEST_BODY_BYTES: {
    description: 'Larger request bodies are answered 413.',
    form: 'a whole number from 16384 to 16777216',
    example: '65536',
    fallback: '65536',
  },
  KEEP_ALIVE_SECONDS: {
    description:
      'How long an idle connection stays open. Keep it above the idle time of the load balancer in front, or that one meets closed connections.',
    form: 'a whole number from 1 to 3600',
    example: '185',
    fallback: '185',
  },
  SHUTDOWN_SECONDS: {
    description: 'How long callers that wait for a transaction may still get its result after SIGTERM.',
    form: 'a whole number from 0 to 300',
    example: '10',
    fallback: '10',
  },
  CORS_ORIGINS: {
    description: 'Web pages of these origins may call the facilitator.',
    form: '* or origins such as https://shop.example, separated by commas',
    example: '*',
    fallback: '*',
  },
  RATE_LIMIT_PER_MINUTE: {
    description:
      'How many requests a minute one client address may POST; what is above is answered 429. IPv6 clients are counted by their /64. Behind a proxy set TRUST_PROXY_HOPS too, or all clients count as one. A seller sends two requests for each payment.',
    form: 'a whole number from 1 to 1000000',
    example: '6000',
    fallback: 'no limit',
  },
  TRUST_PROXY_HOPS: {
    description:
      'How many proxies of your own stand in front. The client is the address that the outermost of them wrote into X-Forwarded-For; what clients claim beyond it counts nothing. Only right when nobody can reach the facilitator around them.',
    form: 'a whole number from 0 to 16',
    example: '1',
    fallback: '0: the client is whoever opened the connection',
  },
  MAX_CONCURRENT_REQUESTS: {
    description:
      'How many requests are worked on at once; what is above is answered 503. /health, /ready and /metrics always answer.',
    form: 'a whole number from 1 to 1000000',
    example: '20000',
    fallback: '20000',
  },
  BATCHING: {
    description:
      'Which payments may share a transaction when many are on the way: all, only those to one payee, or none. A request may ask for less company with extra.batching, never for more.',
    form: 'auto, per-payee or off',
    example: 'auto',
    fallback: 'auto',
  },
  ALLOW_ANY_ASSET: {
    description:
      'Settle tokens that the registry does not know, with the domain the request names. Every settlement costs you gas: only for callers you trust.',
    form: 'true or false',
    example: 'false',
    fallback: 'false',
  },
  ERC6492_FACTORIES: {
    description: 'Further factories that may deploy a payer’s smart wallet, beside the known ones.',
    form: 'contract addresses, separated by commas',
    example: '0x1111111111111111111111111111111111111111',
    fallback: 'none',
  },
} as const satisfies Record<VariableName, Variable>;

/** The variables that exist once per network; `<NETWORK>` is its name in capitals, with underscores. */
export const NETWORK_VARIABLES = {
  'RPC_URL_<NETWORK>': {
    description:
      'The network’s JSON-RPC endpoint. It and a key switch the network on. Several, separated by commas, stand in for each other: the first that is well is read from, all are given transactions. RPC_URL_<NETWORK>_MAINNET means the same for main networks.',
    form: 'an http or https URL, or several separated by commas',
    example: 'https://mainnet.base.org',
    fallback: 'none: the network is not served',
  },
  'RPC_CALLS_PER_SECOND_<NETWORK>': {
    description:
      'How many calls an endpoint of RPC_URL_<NETWORK> may be given in a second, each of a batch counted. One number for all endpoints, or one for each in their order.',
    form: 'whole numbers from 1 to 1000000, separated by commas',
    example: '25',
    fallback: 'no limit',
  },
  'MAX_GAS_<NETWORK>': {
    description:
      'Gas units that one payment may use at most, however it is signed. Gas that is not used costs nothing.',
    form: 'a whole number from 50000 to 16777216',
    example: '300000',
    fallback: 'a ceiling that fits the network and the kind of payer',
  },
  'MAX_FEE_GWEI_<NETWORK>': {
    description: 'The highest price per gas, in gwei, at which payments are still settled.',
    form: 'a number of gwei such as 0.5 or 300',
    example: '100',
    fallback: '100 where ether pays for gas, 1000 elsewhere',
  },
  'GAS_BUDGET_<NETWORK>': {
    description:
      'What payments on the network may cost in 24 hours, in its native coin. The most that a payment may cost is reserved while it is on its way; without room /settle answers 503.',
    form: 'a positive number of coins such as 0.5, with 18 decimals at most',
    example: '0.5',
    fallback: 'no limit',
  },
  'CALLER_GAS_BUDGET_<NETWORK>': {
    description:
      'The same for one caller, who is counted by the client address as in RATE_LIMIT_PER_MINUTE. What callers spent is forgotten at a restart.',
    form: 'a positive number of coins such as 0.5, with 18 decimals at most',
    example: '0.05',
    fallback: 'no limit',
  },
  'BALANCE_FLOOR_<NETWORK>': {
    description:
      'What a key must hold, in the native coin, to be given payments; 0 turns the check off. A key that fell below it is used again at one and a half times that.',
    form: 'a number of coins such as 0.5 or 0, with 18 decimals at most',
    example: '0.01',
    fallback: 'what one payment of the dearest kind may cost at the prices of the hour',
  },
  'BATCHING_<NETWORK>': {
    description: 'The same as BATCHING for this network.',
    form: 'auto, per-payee or off',
    example: 'per-payee',
    fallback: 'BATCHING',
  },
  'REORG_DEPTH_<NETWORK>': {
    description:
      'How many blocks a settled payment is still watched, so that it is put on chain again should its block vanish. 0 watches none.',
    form: 'a whole number from 0 to 10000',
    example: '64',
    fallback: '64, and 0 where a block is final at once',
  },
} as const satisfies Record<string, Variable>;
