import { readFileSync } from 'node:fs';
import { ApolloGateway, RemoteGraphQLDataSource } from '@apollo/gateway';
import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';

/**
 * The yardstick of `gateway`, a separate process: `@apollo/gateway` as its documentation sets it up, with its own
 * fetcher, over the same supergraph and subgraphs. Takes its settings as JSON in argv[2]; sends its URL by IPC.
 */
const { supergraph, urls, secrets } = JSON.parse(process.argv[2] as string) as {
  supergraph: string;
  urls: Record<string, string>;
  secrets: Record<string, string>;
};

interface Context {
  authorization?: string;
}

const supergraphSdl = readFileSync(supergraph, 'utf8')
  .replace(/http:\/\/(\w+)\.subgraph/g, (_, name: string) => urls[name] as string)
  // `@apollo/gateway` refuses a supergraph whose access rules it must enforce; here the subgraphs enforce them.
  .replaceAll(', for: SECURITY', '');
const gateway = new ApolloGateway({
  supergraphSdl,
  buildService: ({ name, url }) =>
    new RemoteGraphQLDataSource<Context>({
      ...(url ? { url } : {}),
      willSendRequest({ request, context }) {
        request.http?.headers.set('x-internal-secret', secrets[name] as string);
        if (context.authorization) request.http?.headers.set('authorization', context.authorization);
      },
    }),
});
const server = new ApolloServer<Context>({ gateway });
const { url } = await startStandaloneServer(server, {
  listen: { port: 0, host: '127.0.0.1' },
  context: async ({ req }) => (req.headers.authorization ? { authorization: req.headers.authorization } : {}),
});
process.send?.({ url });
process.on('disconnect', () => process.exit());
