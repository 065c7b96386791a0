/** Local chains, databases and signed payments for tests and the sandbox. Nothing here is for production. */
export { freePort } from './free-port.ts';
export { type Postgres, startPostgres } from './postgres.ts';
