import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { execute, parse } from 'graphql';
import { shopSubgraphs } from './shop.ts';

/**
 * The subgraphs of `gateway`, one process for all four, at `/accounts`, `/inventory`, `/products` and `/reviews`. Each
 * answer is computed once and then sent from memory, so that the gateway is what is measured. Sends its URL by IPC, and
 * for each message by IPC the number of requests since the last one.
 */
const schemas = new Map(
  shopSubgraphs.map(({ name, sdl, resolvers }) => [
    `/${name}`,
    buildSubgraphSchema([{ typeDefs: parse(sdl), resolvers: resolvers as never }]),
  ]),
);
const answers = new Map<string, Buffer>();
let requests = 0;

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks).toString();
  // A readiness check is no fetch.
  if (request.method !== 'POST' || !body.includes('__typename}')) requests++;
  const path = request.url ?? '';
  const key = path + body;
  let bytes = answers.get(key);
  if (!bytes) {
    const schema = schemas.get(path);
    if (!schema) throw new Error(`there is no subgraph at ${path}`);
    const { query, variables, operationName } = JSON.parse(body);
    const result = await execute({
      schema,
      document: parse(query),
      variableValues: variables,
      operationName,
    });
    bytes = Buffer.from(JSON.stringify(result));
    answers.set(key, bytes);
  }
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': bytes.length });
  response.end(bytes);
}

const server = createServer((request, response) => {
  answer(request, response).catch((error: Error) => response.writeHead(500).end(error.stack));
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => {
  process.send?.({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
});
process.on('message', () => {
  process.send?.({ requests });
  requests = 0;
});
process.on('disconnect', () => process.exit());
