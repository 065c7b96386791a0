/** What a run found, in the form of its JSON file. Tables and documentation are made of this alone. */
import { z } from 'zod';

export const GROUPS = ['start', 'verify', 'settle', 'mixed', 'same', 'burst', 'saturation', 'growth'] as const;
export type Group = (typeof GROUPS)[number];

const settingSchema = z.object({
  /** Callers at once, each of whom waits for his answer. */
  callers: z.number(),
  /** `instant`: a block for each transaction. `1s`: a block each second. */
  blocks: z.enum(['instant', '1s']),
  /** Milliseconds added to each call to the chain. */
  delayMs: z.number(),
  /** Keys that pay for gas. */
  keys: z.number(),
  /** Block gas limit. */
  gasLimit: z.number(),
  /** How long payments are sent; 0 when their number is fixed. */
  seconds: z.number(),
});
export type Setting = Readonly<z.infer<typeof settingSchema>>;

const figuresSchema = z
  .object({
    /** Requests. */
    sent: z.number(),
    /** Requests that were told success. */
    ok: z.number(),
    /** Different payments sent, and how many of them the chain says are paid. */
    payments: z.number(),
    paid: z.number(),
    /** Answers that contradict the chain: success without a transfer, a second success of one payment, or a final refusal of a payment that was made. */
    wrong: z.number(),
    perSecond: z.number(),
    p50Ms: z.number(),
    p99Ms: z.number(),
    /** JSON-RPC calls per request, each of a batch counted. */
    callsPerPayment: z.number(),
    /** Gas of all transactions of the facilitator per payment made. */
    gasPerPayment: z.number(),
    /** Gas of a payment that is alone in its transaction. */
    loneGas: z.number(),
    transactions: z.number(),
    reverted: z.number(),
    /** Gas of the reverted ones. */
    wastedGas: z.number(),
    /** Transactions that the node still held at the end. */
    stuck: z.number(),
    /** While payments kept coming: mean share of the block gas limit used, and payments in a block. */
    blockUse: z.number(),
    paidPerBlock: z.number(),
    /** Processor time of the facilitator per answered verify, or per payment made. */
    cpuMsPerPayment: z.number(),
    /** Of the facilitator's process. */
    peakRssMb: z.number(),
    startMs: z.number(),
    rssMb: z.number(),
  })
  .partial();
export type Figures = Readonly<z.infer<typeof figuresSchema>>;

const resultSchema = z.object({
  case: z.string(),
  group: z.enum(GROUPS),
  contender: z.enum(['ours', 'reference', 'reference-nonces']),
  setting: settingSchema,
  figures: figuresSchema,
  /** How often each answer was given. */
  answers: z.record(z.string(), z.number()),
  /** Calls to the chain by method, per request. */
  calls: z.record(z.string(), z.number()),
});
export type Result = Readonly<z.infer<typeof resultSchema>>;

export const runSchema = z.object({
  date: z.string(),
  command: z.string(),
  seconds: z.number(),
  machine: z.object({
    cpu: z.string(),
    cores: z.number(),
    memoryGb: z.number(),
    system: z.string(),
    node: z.string(),
    commit: z.string(),
    chain: z.string(),
    reference: z.string(),
    /** Load average of the minute before: above 0.5, others were at work too. */
    load: z.number(),
  }),
  /** Measurements that could not be made. */
  faults: z.array(z.string()),
  results: z.array(resultSchema),
});
export type Run = Readonly<z.infer<typeof runSchema>>;
