import type { ApolloCache, Reference } from '@apollo/client';
import type { TaskRowFragment } from '../../generated/graph.ts';

type Status = TaskRowFragment['status'];

/** Removes a task from the user's list of tasks with a status. */
export function takeFrom(cache: ApolloCache, status: Status, id: string): void {
  changeList(cache, status, (nodes, isIt) => nodes.filter((node) => !isIt(node, id)));
}

/** Puts a task at the top of the user's list of tasks with a status. The task must be in the cache. */
export function putOnTop(cache: ApolloCache, status: Status, id: string): void {
  changeList(cache, status, (nodes, isIt) => [
    { __ref: `Task:${id}` },
    ...nodes.filter((node) => !isIt(node, id)),
  ]);
}

function changeList(
  cache: ApolloCache,
  status: Status,
  change: (
    nodes: readonly Reference[],
    isIt: (node: Reference, id: string) => boolean,
  ) => readonly Reference[],
): void {
  cache.modify({
    fields: {
      myTasks: (list, { storeFieldName, readField }) =>
        storeFieldName.includes(`"${status}"`)
          ? { ...list, nodes: change(list.nodes, (node, id) => readField('id', node) === id) }
          : list,
    },
  });
}
