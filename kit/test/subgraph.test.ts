import { parse } from 'graphql';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { TestClockSkew } from '../../tests/support/clockSkew.ts';
import { type RunningSubgraph, serveSubgraph } from '../src/graph/subgraph.ts';

const internalSecret = 'a secret of the nest';
let lines: { level: number; msg: string; err?: { message: string } }[];
let sabotage: (response: import('node:http').ServerResponse) => void;
let subgraph: RunningSubgraph;
let skew: TestClockSkew;

beforeEach(async () => {
  lines = [];
  skew = new TestClockSkew();
  sabotage = () => undefined;
  subgraph = await serveSubgraph({
    typeDefs: parse('type Query { hello: String long: [String] } type Mutation { squawk: String }'),
    resolvers: {
      Query: { hello: () => 'squawk', long: () => Array.from({ length: 200 }, () => 'squawk') },
      Mutation: { squawk: () => 'squawk' },
    },
    context: async () => ({ access: { scopes: new Set<string>() } }),
    gatewaySecrets: [internalSecret],
    maxAnswerBytes: 1_000,
    host: '127.0.0.1',
    port: 0,
    internalPort: 0,
    isReady: async () => true,
    skew,
    extra: (_, response) => {
      sabotage(response);
      return false;
    },
    log: pino({ level: 'info' }, { write: (line: string) => void lines.push(JSON.parse(line)) }),
  });
});
afterEach(() => subgraph.stop());

const ask = (
  headers: Record<string, string> = { 'x-internal-secret': internalSecret },
  query = '{ hello }',
) =>
  fetch(`${subgraph.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query }),
  });

test('whoever knows the secret is answered, and nobody else', async () => {
  expect(await (await ask()).json()).toEqual({ data: { hello: 'squawk' } });
  expect((await ask({})).status).toBe(403);
});

test('an answer that cannot be written is a masked error in the log, and no end of the process', async () => {
  sabotage = (response) => {
    const { setHeader } = response;
    response.setHeader = () => {
      response.setHeader = setHeader;
      throw new TypeError('this header is no header');
    };
  };
  const response = await ask();
  expect(response.status).toBe(500);
  const [error] = ((await response.json()) as { errors: { message: string; extensions: { id: string } }[] })
    .errors;
  expect(error).toMatchObject({ extensions: { code: 'INTERNAL' } });
  expect(error!.message).not.toContain('header');
  expect(lines).toMatchObject([{ level: 50, err: { message: 'this header is no header' } }]);
  expect(lines[0]!.msg).toContain(error!.extensions.id);
  sabotage = () => undefined;
  expect((await ask()).status).toBe(200);
});

test('while the clock cannot be trusted queries are answered, mutations are refused, and it is not ready', async () => {
  const squawk = async () => (await ask(undefined, 'mutation { squawk }')).json();
  const internal = async (path: string) =>
    (await fetch(`http://127.0.0.1:${subgraph.internalPort}${path}`)).text();
  skew.set('ten days ahead');
  expect(await (await ask()).json()).toEqual({ data: { hello: 'squawk' } });
  expect(await squawk()).toMatchObject({
    errors: [
      { message: expect.stringContaining('10 days ahead'), extensions: { code: 'SERVICE_UNAVAILABLE' } },
    ],
  });
  expect(await internal('/health/ready')).toContain('10 days ahead');
  expect(await internal('/metrics')).toContain('clock_skew_seconds{service="tests"} 864000');
  skew.set('in step');
  expect(await squawk()).toEqual({ data: { squawk: 'squawk' } });
  expect(await internal('/health/ready')).toBe('ok\n');
});

test('an answer that is longer than it may be is an error in its place', async () => {
  const { data, errors } = (await (await ask(undefined, '{ long }')).json()) as any;
  expect(data).toBeUndefined();
  expect(errors).toMatchObject([
    { message: expect.stringContaining('more than 1000 bytes'), extensions: { code: 'BAD_USER_INPUT' } },
  ]);
});
