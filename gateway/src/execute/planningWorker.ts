import { parentPort } from 'node:worker_threads';
import { GraphQLError, parse } from 'graphql';
import { createPlanner } from './planner.ts';
import type { PlanningAnswer, PlanningMessage } from './planningThread.ts';

/** The thread of `PlanningThread`: plans one operation after the other. */
const planners = new Map<number, ReturnType<typeof createPlanner>>();

parentPort?.on('message', (message: PlanningMessage) => {
  switch (message.kind) {
    case 'serve':
      planners.set(message.supergraph, createPlanner(message.sdl));
      return;
    case 'forget':
      planners.delete(message.supergraph);
      return;
    case 'plan':
      parentPort?.postMessage(answer(message));
  }
});

function answer({
  id,
  supergraph,
  query,
  operationName,
}: PlanningMessage & { kind: 'plan' }): PlanningAnswer {
  try {
    const planner = planners.get(supergraph);
    if (!planner) throw new Error('This supergraph is not served any more. Send the operation again.');
    // As JSON: plans are plain, but for what the planner keeps in them for itself.
    return { id, plan: JSON.stringify(planner(parse(query, { noLocation: true }), operationName)) };
  } catch (error) {
    const code = error instanceof GraphQLError ? error.extensions.code : undefined;
    return { id, problem: (error as Error).message, ...(code === undefined ? {} : { code: String(code) }) };
  }
}
