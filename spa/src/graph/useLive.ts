import type { OperationVariables, TypedDocumentNode } from '@apollo/client';
import { useSubscription } from '@apollo/client/react';

/**
 * Subscribes for as long as the component is shown, and returns the newest payload. Where a part of a payload is
 * missing, the rest is returned.
 * @param options.onChange called with each payload, and with undefined where the subscription failed
 */
export function useLive<Data, Variables extends OperationVariables>(
  document: TypedDocumentNode<Data, Variables>,
  options: { onChange?: (data: Data | undefined) => void } = {},
): Data | undefined {
  const { onChange } = options;
  const { data } = useSubscription(document, {
    context: { endless: true },
    errorPolicy: 'all',
    onData: ({ data: payload }: { data: { data?: Data | null } }) => onChange?.(payload.data ?? undefined),
    onError: () => onChange?.(undefined),
  } as unknown as useSubscription.Options<Data, Variables>);
  return (data ?? undefined) as Data | undefined;
}
