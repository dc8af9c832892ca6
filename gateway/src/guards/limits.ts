import type { ApolloServerOptions } from '@apollo/server';
import { ApolloArmor } from '@escape.tech/graphql-armor';
import { GraphQLError, type ValidationContext } from 'graphql';
import type { CallerContext } from '../request/caller.ts';
import type { GatewaySettings } from '../settings.ts';

/** Says in the answer which limit was met; nothing is thrown, which Apollo Server would take for a fault of its own. */
const reported = () => ({
  propagateOnRejection: false,
  onReject: [
    (context: ValidationContext | null, error: GraphQLError) => {
      const limit = error.message.replace(/^Syntax Error: /, '');
      context?.reportError(new GraphQLError(`${limit} Ask for less in one operation.`));
    },
  ],
});

/**
 * The limits of one operation, so that a short request cannot make long work. Tokens are limited while parsing, by
 * graphql-js: armor's own limit throws out of the request and ends the process.
 */
export function limitOperations(
  settings: GatewaySettings,
): Pick<ApolloServerOptions<CallerContext>, 'parseOptions' | 'maxRecursiveSelections' | 'validationRules'> {
  const { validationRules } = new ApolloArmor({
    blockFieldSuggestion: { enabled: false },
    maxTokens: { enabled: false },
    maxDepth: { ...reported(), n: settings.MAX_DEPTH, flattenFragments: true },
    maxAliases: { ...reported(), n: settings.MAX_ALIASES },
    maxDirectives: { ...reported(), n: settings.MAX_DIRECTIVES },
    // Our own (operationSize.ts) counts page sizes that come by variables, too, and bytes.
    costLimit: { enabled: false },
  }).protect();
  return {
    parseOptions: { maxTokens: settings.MAX_TOKENS },
    maxRecursiveSelections: true,
    validationRules,
  };
}
