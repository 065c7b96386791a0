/** Requests that never arrive in full, and bytes that are no requests: each is answered and its connection ended. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Site, site } from './house.fixture.ts';

const HEADERS = 'POST /settle HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n';
const MANY = 300;
/** The server's own limits, and a slow machine. */
const PATIENCE = 60_000;

let here: Site;
let url: string;

beforeAll(async () => {
  here = site({ ready: () => true });
  url = await here.app.listen({ host: '127.0.0.1', port: 0 });
});
afterAll(() => here.app.close());

/** Sends `text`, then `drip` again and again, and resolves to all that came back once the server ended it. */
async function send(text: string, drip = ''): Promise<string> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  let answer = '';
  socket.setEncoding('utf8').on('data', (data: string) => {
    answer += data;
  });
  // Writing to a connection that the server has ended is what slow senders do.
  socket.on('error', () => undefined);
  const dripping = setInterval(() => socket.writable && drip !== '' && socket.write(drip), 250);
  await begin(socket, text);
  await once(socket, 'close');
  clearInterval(dripping);
  return answer;
}

async function begin(socket: Socket, text: string): Promise<void> {
  await once(socket, 'connect');
  if (text !== '') socket.write(text);
}

function parse(answer: string) {
  const [head = '', body = ''] = answer.split('\r\n\r\n', 2);
  return { status: Number(head.split(' ', 2)[1]), head, body: JSON.parse(body) as Record<string, unknown> };
}

it.concurrent.each([
  ['nothing', '', ''],
  ['half of the headers', HEADERS, ''],
  ['headers without end', HEADERS, 'X-Slow: yes\r\n'],
  ['no body', `${HEADERS}Content-Length: 500\r\n\r\n`, ''],
  ['a body, byte by byte', `${HEADERS}Content-Length: 5000\r\n\r\n{`, ' '],
  ['a chunked body without end', `${HEADERS}Transfer-Encoding: chunked\r\n\r\n`, '1\r\n{\r\n'],
])(
  'answers 408 to %s, logs no error and ends the connection',
  async (_what, text, drip) => {
    const { status, head, body } = parse(await send(text, drip));
    expect(status).toBe(408);
    expect(head).toMatch(/content-type: application\/json/i);
    expect(body).toEqual({ error: expect.stringContaining('did not arrive in time'), requestId: expect.any(String) });
    expect(head).toContain(`x-request-id: ${String(body['requestId'])}`);
    expect(here.lines().filter(({ level }) => level !== 'debug' && level !== 'info')).toEqual([]);
  },
  PATIENCE,
);

it.concurrent(
  `answers others while ${MANY} senders are slow, and is rid of them afterwards`,
  async () => {
    const slow = Array.from({ length: MANY }, (_, at) =>
      send(at % 2 === 0 ? HEADERS : `${HEADERS}Content-Length: 500\r\n\r\n`, at % 2 === 0 ? 'X-Slow: yes\r\n' : ' '),
    );
    const count = promisify(here.app.server.getConnections.bind(here.app.server));
    await expect.poll(() => count(), { timeout: PATIENCE }).toBeGreaterThanOrEqual(MANY);
    for (const path of ['/health', '/ready', '/version']) expect((await fetch(`${url}${path}`)).status).toBe(200);
    const statuses = (await Promise.all(slow)).map((answer) => parse(answer).status);
    expect(new Set(statuses)).toEqual(new Set([408]));
  },
  PATIENCE,
);

it.concurrent.each([
  ['bytes that are not HTTP', '\u0000\u0001 what\r\n\r\n', 400],
  ['a version nobody speaks', 'GET / HTTP/9.9\r\nHost: x\r\n\r\n', 400],
  ['huge headers', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(40_000)}\r\n\r\n`, 431],
] as const)('answers %s as JSON with a request id', async (_what, text, status) => {
  const answer = parse(await send(text));
  expect(answer.status).toBe(status);
  expect(answer.body).toEqual({ error: expect.any(String), requestId: expect.any(String) });
  const id = answer.body['requestId'];
  expect(here.lines()).toContainEqual(expect.objectContaining({ event: 'http.broken', requestId: id, status }));
});
