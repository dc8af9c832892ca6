import { useSearchParams } from 'react-router';

/** Returns a function that shows a task beside the open page, by putting its id into the address; null closes it. */
export function useShowTask(): (id: string | null) => void {
  const [, setParameters] = useSearchParams();
  return (id) =>
    setParameters(
      (before) => {
        if (id === null) before.delete('task');
        else before.set('task', id);
        return before;
      },
      // After closing, the browser's back button does not open the task again.
      { preventScrollReset: true, replace: id === null },
    );
}
