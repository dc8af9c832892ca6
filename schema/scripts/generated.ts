import { readFileSync } from 'node:fs';
import { codegen } from '@graphql-codegen/core';
import * as typedDocuments from '@graphql-codegen/typed-document-node';
import * as typescript from '@graphql-codegen/typescript';
import * as operations from '@graphql-codegen/typescript-operations';
import * as resolvers from '@graphql-codegen/typescript-resolvers';
import { type GraphQLSchema, parse, printSchema } from 'graphql';
import { z } from 'zod';
import { allEvents } from '../events/all.ts';
import { type SubgraphName, sdlFile, subgraphNames } from '../src/sdl.ts';
import { type ComposedGraph, readSubgraphs } from './composition.ts';
import { graphPage, graphPageFile } from './graphPage.ts';
import { type OperationFile, readOperations } from './operations.ts';

/** The types that a subgraph's resolvers return for types of the graph, as `path#Type` from its `src/generated`. */
const mappers: Record<SubgraphName, Record<string, string>> = {
  auth: {
    User: '../domain/user.ts#User as OwnUser',
    UserConnection: '../domain/user.ts#UserList as OwnUserList',
    Session: '../domain/session.ts#Session as OwnSession',
  },
  tracker: {
    Node: '../domain/node.ts#Node as OwnNode',
    Task: '../domain/task.ts#Task as OwnTask',
    Assignment: '../domain/task.ts#Assignment as OwnAssignment',
    User: '../domain/task.ts#UserReference as OwnUserReference',
    Reassignment: '../domain/reassignment.ts#Reassignment as OwnReassignment',
    TaskChange: '../domain/taskChange.ts#TaskChange as OwnTaskChange',
  },
  accounting: {
    Task: '../domain/references.ts#TaskReference as OwnTaskReference',
    User: '../domain/references.ts#UserReference as OwnUserReference',
    Account: '../domain/account.ts#Account as OwnAccount',
    LedgerEntry: '../domain/account.ts#LedgerEntry as OwnLedgerEntry',
    AccountDay: '../domain/account.ts#AccountDay as OwnAccountDay',
    BalanceChange: '../domain/account.ts#AccountNow as OwnAccountNow',
    Payout: '../domain/payout.ts#Payout as OwnPayout',
    PayoutRun: '../domain/payout.ts#PayoutRun as OwnPayoutRun',
    CompanyDay: '../domain/company.ts#CompanyDay as OwnCompanyDay',
  },
  analytics: { Task: '../domain/figures.ts#TaskReference as OwnTaskReference' },
};

/** Returns the text of every generated file, by its path from the repository's root. */
export async function generatedFiles(graph: ComposedGraph): Promise<Map<string, string>> {
  const files = new Map(graph.files);
  for (const name of subgraphNames) {
    files.set(`subgraphs/${name}/src/generated/resolvers.ts`, await resolverTypes(name));
  }
  files.set('spa/src/generated/graph.ts', await operationTypes(graph.api, readOperations()));
  files.set(graphPageFile, graphPage(readSubgraphs()));
  for (const event of allEvents) {
    const json = z.toJSONSchema(event.fact);
    files.set(
      `schema/events/published/${event.name}.json`,
      `${JSON.stringify({ consumers: event.consumers, fact: json }, null, 2)}\n`,
    );
  }
  return files;
}

async function resolverTypes(name: SubgraphName): Promise<string> {
  const sdl = readFileSync(sdlFile(name), 'utf8').replace(/^extend schema\s+@link\([^)]*\)/m, '');
  const document = parse(sdl);
  const config = {
    federation: true,
    enumsAsTypes: true,
    useTypeImports: true,
    skipTypename: true,
    avoidOptionals: { defaultValue: true },
    defaultScalarType: 'unknown',
    contextType: '../context.ts#Context',
    mappers: mappers[name],
    makeResolverTypeCallable: true,
    optionalResolveType: true,
    scalars: {
      ID: 'string',
      DateTime: 'Date',
      Date: 'string',
      Money: 'number',
    },
  };
  const text = await codegen({
    filename: 'resolvers.ts',
    schema: document,
    documents: [],
    config,
    plugins: [{ typescript: {} }, { resolvers: {} }],
    pluginMap: { typescript, resolvers },
    skipDocumentsValidation: true,
  });
  return `/* Generated from schema/sdl/${name}.graphql by \`npm run generate\`. */\n${text.trimEnd()}\n`;
}

/** Returns the app's operations, checked against the public graph, with the types of their variables and results. */
async function operationTypes(apiSchema: GraphQLSchema, documents: OperationFile[]): Promise<string> {
  const text = await codegen({
    filename: 'graph.ts',
    schema: parse(printSchema(apiSchema)),
    documents,
    config: {
      useTypeImports: true,
      enumsAsTypes: true,
      defaultScalarType: 'string',
      scalars: { ID: 'string', DateTime: 'string', Date: 'string', Money: 'string' },
    },
    plugins: [{ operations: {} }, { documents: {} }],
    pluginMap: { operations, documents: typedDocuments },
  });
  return `/* Generated from the *.graphql files of spa/src by \`npm run generate\`. */\n${text.trimEnd()}\n`;
}
