import { graphql } from './graphql.ts';

/** A list of the query that grows by a mutation, and one of each of its entries, whose next page is read by `node`. */

export const page = graphql`
  query tasksPageQuery($filter: TaskFilter) {
    ...tasks_list @arguments(filter: $filter)
  }
`;

export const list = graphql`
  fragment tasks_list on Query
  @refetchable(queryName: "tasksListQuery")
  @argumentDefinitions(
    filter: { type: "TaskFilter" }
    count: { type: "Int", defaultValue: 50 }
    cursor: { type: "String" }
  ) {
    tasks(filter: $filter, first: $count, after: $cursor) @connection(key: "tasks_tasks") {
      edges {
        node {
          title
          completionReward
          ...tasks_assignments
        }
      }
    }
  }
`;

export const assignments = graphql`
  fragment tasks_assignments on Task
  @refetchable(queryName: "tasksAssignmentsQuery")
  @argumentDefinitions(count: { type: "Int", defaultValue: 20 }, cursor: { type: "String" }) {
    assignments(first: $count, after: $cursor) @connection(key: "tasks_assignments") {
      edges {
        node {
          assignedAt
          assignee {
            name
          }
        }
      }
    }
  }
`;

export const create = graphql`
  mutation tasksCreateMutation($input: CreateTaskInput!, $connections: [ID!]!) {
    createTask(input: $input) @prependNode(connections: $connections, edgeTypeName: "TaskEdge") {
      title
    }
  }
`;
