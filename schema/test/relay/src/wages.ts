import { graphql } from './graphql.ts';

/** A list of the query, and one of an account: an account is no Node, so its next page is read by its user. */

export const page = graphql`
  query wagesPageQuery {
    ...wages_runs
    me {
      ...wages_account
    }
  }
`;

export const runs = graphql`
  fragment wages_runs on Query
  @refetchable(queryName: "wagesRunsQuery")
  @argumentDefinitions(count: { type: "Int", defaultValue: 31 }, cursor: { type: "String" }) {
    payoutRuns(first: $count, after: $cursor) @connection(key: "wages_payoutRuns") {
      edges {
        node {
          day
          status
          paidTotal
        }
      }
    }
  }
`;

export const account = graphql`
  fragment wages_account on User
  @refetchable(queryName: "wagesAccountQuery")
  @argumentDefinitions(count: { type: "Int", defaultValue: 50 }, cursor: { type: "String" }) {
    account {
      balance
      auditLog(first: $count, after: $cursor) @connection(key: "wages_auditLog") {
        edges {
          node {
            amount
            description
            task {
              title
            }
          }
        }
      }
    }
  }
`;
