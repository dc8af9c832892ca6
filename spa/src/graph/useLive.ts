import type { OperationVariables, TypedDocumentNode } from '@apollo/client';
import { useSubscription } from '@apollo/client/react';

/**
 * What changes by itself, for as long as the page is open. Where a part of a payload is missing, the rest is shown.
 * @param options.onChange called with each payload, and without one where it could not be had
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
