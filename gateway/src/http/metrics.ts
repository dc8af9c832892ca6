import type { ApolloServerPlugin } from '@apollo/server';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { CallerContext } from '../request/caller.ts';
import type { ObserveSubgraph } from '../supergraph/supergraph.ts';

export interface GatewayMetrics {
  readonly plugin: ApolloServerPlugin<CallerContext>;
  readonly observeSubgraph: ObserveSubgraph;
  /** Counts an operation that Apollo's executor runs. */
  readonly onHandedOver: () => void;
  /** Counts open connections and subscriptions each time the metrics are read. */
  countLive(counts: Readonly<Record<'sockets' | 'streams' | 'subscriptions', () => number>>): void;
}

/** Registers the metrics of the gateway's work, beside the metrics of the process. */
export function countOperations(registry: Registry): GatewayMetrics {
  const operations = new Counter({
    name: 'gateway_operations_total',
    help: 'Operations answered, by kind (query, mutation, none where no operation was found) and outcome: ok, refused (an expected error) or failed (INTERNAL).',
    labelNames: ['kind', 'outcome'] as const,
    registers: [registry],
  });
  const subgraphs = new Histogram({
    name: 'gateway_subgraph_request_seconds',
    help: 'How long requests to subgraphs took, by subgraph and outcome: answered or failed.',
    labelNames: ['subgraph', 'outcome'] as const,
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  });
  const handedOver = new Counter({
    name: 'gateway_operations_handed_over_total',
    help: "Operations that Apollo's executor ran, because ours does not know a part of their plan.",
    registers: [registry],
  });
  return {
    plugin: {
      async requestDidStart() {
        return {
          async willSendResponse({ operation, response }) {
            const errors = response.body.kind === 'single' ? response.body.singleResult.errors : undefined;
            const failed = errors?.some(({ extensions }) => extensions?.code === 'INTERNAL');
            const outcome = failed ? 'failed' : errors?.length ? 'refused' : 'ok';
            operations.inc({ kind: operation?.operation ?? 'none', outcome });
          },
        };
      },
    },
    countLive({ sockets, streams, subscriptions }) {
      const gauge = (name: string, help: string, read: () => number) =>
        new Gauge({
          name,
          help,
          registers: [registry],
          collect() {
            this.set(read());
          },
        });
      gauge('gateway_open_sockets', 'WebSockets that are open.', sockets);
      gauge('gateway_open_streams', 'Answers that stay open: server-sent events and multipart.', streams);
      gauge(
        'gateway_upstream_subscriptions',
        'Subscriptions to subgraphs; equal ones count once.',
        subscriptions,
      );
    },
    onHandedOver: () => handedOver.inc(),
    observeSubgraph: (subgraph, outcome, seconds) => subgraphs.observe({ subgraph, outcome }, seconds),
  };
}
