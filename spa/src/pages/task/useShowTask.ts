import { useSearchParams } from 'react-router';

/** Shows a task beside the page that is open; its id stands in the address. */
export function useShowTask(): (id: string | null) => void {
  const [, setParameters] = useSearchParams();
  return (id) =>
    setParameters(
      (before) => {
        if (id === null) before.delete('task');
        else before.set('task', id);
        return before;
      },
      // The way back is not the way to what was closed.
      { preventScrollReset: true, replace: id === null },
    );
}
