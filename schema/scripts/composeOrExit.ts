import { type ComposedGraph, composeGraph, readSubgraphs } from './composition.ts';

/**
 * Composes the repository's subgraphs for a script, and prints composition's warnings. Where the subgraphs do not compose,
 * it prints why and ends the process with code 1.
 */
export function composeOrExit(): ComposedGraph {
  const graph = composeGraph(readSubgraphs());
  if ('problems' in graph) {
    console.error('The subgraphs do not compose:');
    for (const problem of graph.problems) console.error(problem);
    process.exit(1);
  }
  for (const warning of graph.warnings) console.error(`Composition warns: ${warning}`);
  return graph;
}
