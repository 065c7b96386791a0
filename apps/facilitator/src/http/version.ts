/** GET /version: the running release. */
import { VERSION } from '../version.ts';
import type { Endpoint } from './endpoint.ts';

export const versionEndpoint: Endpoint = { path: '/version', methods: { GET: () => ({ version: VERSION }) } };
