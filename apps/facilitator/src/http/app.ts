/** The HTTP server: every endpoint, and what holds for all of them. */
import { randomUUID } from 'node:crypto';
import cors from '@fastify/cors';
import { type FastifyBaseLogger, type FastifyInstance, fastify, LogController } from 'fastify';
import { acceptsEndpoint } from './accepts.ts';
import { ARRIVAL, answerBroken } from './arrival.ts';
import { endConnectionsOnClose } from './closing.ts';
import { limitCrowd } from './crowd.ts';
import { addEndpoint } from './endpoint.ts';
import { answerBadPath, answerFaults } from './faults.ts';
import { healthEndpoint } from './health.ts';
import type { House } from './house.ts';
import { acceptJson } from './json-body.ts';
import { metricsEndpoint } from './metrics.ts';
import { networksEndpoint } from './networks.ts';
import { payEndpoint } from './pay.ts';
import { limitRate } from './rate-limit.ts';
import { readyEndpoint } from './ready.ts';
import { rootEndpoint } from './root.ts';
import { settleEndpoint } from './settle.ts';
import { settlementsEndpoint } from './settlements.ts';
import { supportedEndpoint } from './supported.ts';
import { verifyEndpoint } from './verify.ts';
import { versionEndpoint } from './version.ts';

/** For endpoints that do not set their own. Longer than a body may take to arrive: that has an answer of its own. */
const ANSWER_MS = 20_000;
/** Browsers may remember the answer to a preflight for this long. */
const PREFLIGHT_SECONDS = 86_400;

/** The server, not yet listening. `inject` works on it at once. */
export function createApp(house: House): FastifyInstance {
  const { options } = house;
  const { rateLimitPerMinute, trustProxyHops } = options;
  // The framework's own words have an event name too; that it listens is said by whoever starts it.
  const level = house.log.isLevelEnabled('warn') ? 'warn' : house.log.level;
  const log: FastifyBaseLogger = house.log.child({ event: 'http.framework' }, { level });
  const app = fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUID(),
    // Ids and addresses that callers claim are not believed; those that our own proxies saw are.
    requestIdHeader: false,
    trustProxy: trustProxyHops > 0 && ((_address, hop) => hop < trustProxyHops),
    bodyLimit: options.bodyLimit,
    ...ARRIVAL,
    clientErrorHandler: answerBroken(house),
    frameworkErrors: answerBadPath,
    handlerTimeout: ANSWER_MS,
    keepAliveTimeout: options.keepAliveMs,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 500 },
    // Idle connections end at once on close; those in use get their answer.
    forceCloseConnections: 'idle',
    return503OnClosing: false,
  });
  acceptJson(app);
  app.register(cors, {
    origin: options.corsOrigins.includes('*') ? '*' : [...options.corsOrigins],
    methods: ['GET', 'POST'],
    exposedHeaders: ['ETag', 'Preference-Applied', 'Retry-After', 'X-Request-Id'],
    maxAge: PREFLIGHT_SECONDS,
  });
  observe(app, house);
  endConnectionsOnClose(app);
  if (rateLimitPerMinute !== undefined) limitRate(app, rateLimitPerMinute);
  const counted = limitCrowd(app, options.maxConcurrentRequests);

  const endpoints = [
    rootEndpoint(house),
    verifyEndpoint(house),
    settleEndpoint(house),
    payEndpoint(house),
    acceptsEndpoint(house),
    supportedEndpoint(house),
    networksEndpoint(house),
    settlementsEndpoint(house),
    healthEndpoint(house),
    readyEndpoint(house),
    versionEndpoint,
    metricsEndpoint(house),
  ];
  for (const endpoint of endpoints) addEndpoint(app, endpoint, counted);
  answerFaults(
    app,
    house,
    endpoints.map(({ path }) => path.replace(':id', '{id}')),
  );
  return app;
}

/** One log line and two metrics per request. Bodies and headers are never logged: they hold signatures. */
function observe(app: FastifyInstance, house: House): void {
  app.decorateRequest('told', undefined);
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id);
  });
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'unknown';
    const { method } = request;
    const { statusCode: status, elapsedTime } = reply;
    house.metrics.requests.inc({ method, route, status });
    house.metrics.requestSeconds.observe({ method, route }, elapsedTime / 1000);
    const ms = Math.round(elapsedTime);
    const line = { event: 'http.done', requestId: request.id, method, route, status, ms, ...request.told };
    // A crowd that is turned away must not fill the log; the metrics count it.
    if (method === 'POST' && status !== 429) house.log.info(line);
    else house.log.debug(line);
  });
}
