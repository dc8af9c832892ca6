import { Supergraph } from '@apollo/federation-internals';
import { expect, test } from 'vitest';
import { Executor } from '../src/execute/executor.ts';
import { writeResult } from '../src/execute/jsonText.ts';
import { createPlanner, type Plan } from '../src/execute/planner.ts';
import { type RandomGraph, randomGraph, randomQuery } from './randomGraph.ts';

/** How many graphs are tried, and how many queries of each. With RANDOM_GRAPHS=1700, more than 10,000 in all. */
const graphs = Number(process.env.RANDOM_GRAPHS ?? 60);
const queriesOfEach = 10;
const firstSeed = Number(process.env.RANDOM_SEED ?? 1);

function executorOf({ supergraphSdl }: RandomGraph): Executor {
  const apiSchema = Supergraph.build(supergraphSdl).apiSchema().toGraphQLJSSchema();
  const planner = createPlanner(supergraphSdl);
  const plan: Plan = async (...operation) => planner(...operation);
  return new Executor({ supergraphSdl, apiSchema, plan, maxAnswerLength: 10_000_000 });
}

type Path = readonly (string | number)[];
type Errors = readonly { readonly path?: Path | undefined }[] | undefined;

/** Returns the first part of a path at which the answer has null; undefined where it has a value there, or nothing. */
function nullAt(data: unknown, path: Path): Path | undefined {
  let value = data;
  for (const [depth, key] of path.entries()) {
    if (value === null) return path.slice(0, depth);
    if (!Object.hasOwn(value as object, key)) return undefined;
    value = (value as Record<string | number, unknown>)[key];
  }
  return value === null ? path : undefined;
}

const placesOf = (data: unknown, errors: Errors): string[] =>
  [...new Set((errors ?? []).map(({ path = [] }) => JSON.stringify(nullAt(data, path))))]
    .filter(Boolean)
    .sort();

test(
  'random queries of random graphs are answered as one schema with all of the data answers them',
  async () => {
    let compared = 0;
    for (let seed = firstSeed; seed < firstSeed + graphs; seed++) {
      const graph = randomGraph(seed);
      if (!graph) continue;
      const executor = executorOf(graph);
      for (let n = 0; n < queriesOfEach; n++) {
        const query = randomQuery(graph, `${seed} ${n}`);
        if (!query) continue;
        const { document, text, variables } = query;
        const right = await graph.executeMerged(document, variables);
        const answer = await executor.execute(
          { key: text, document, operationName: undefined, variables },
          async (name, body) =>
            JSON.parse(JSON.stringify(await graph.executeSubgraph(name, JSON.parse(body)))),
        );
        const context = `RANDOM_SEED=${seed} query ${n}: ${text} ${JSON.stringify(variables)} ${JSON.stringify(answer.errors)}`;
        const ours = JSON.parse(writeResult(answer));
        expect(JSON.stringify(ours.data), context).toBe(JSON.stringify(right.data));
        // Several errors may make one place null; which of them are reported depends on what was fetched together.
        expect(placesOf(ours.data, answer.errors), context).toEqual(placesOf(right.data, right.errors));
        compared++;
      }
    }
    console.log(`${compared} queries of ${graphs} random graphs were compared`);
    expect(compared).toBeGreaterThan(graphs * 3);
  },
  Math.max(240_000, graphs * 2_000),
);
