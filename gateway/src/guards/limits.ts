import type { ApolloServerOptions } from '@apollo/server';
import { ApolloArmor } from '@escape.tech/graphql-armor';
import { GraphQLError, type ValidationContext } from 'graphql';
import type { CallerContext } from '../request/caller.ts';
import type { GatewaySettings } from '../settings.ts';

/** Reports in the answer which limit was exceeded. An error that is thrown would count as a fault of the server. */
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
 * Returns the limits of one operation, so that a short request cannot cause long work. graphql-js limits tokens while
 * it parses. (*Instead:* armor's own token limit throws outside the request and ends the process.)
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
    // Our own limit (operationSize.ts) also counts bytes, and page sizes that come by variables.
    costLimit: { enabled: false },
  }).protect();
  return {
    parseOptions: { maxTokens: settings.MAX_TOKENS },
    maxRecursiveSelections: true,
    validationRules,
  };
}
