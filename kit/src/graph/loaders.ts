import DataLoader from 'dataloader';

/**
 * Returns a loader by id, with one statement for all ids that are asked for together; null for ids that do not exist.
 * @param options.cache false for a loader that lives longer than a request
 */
export const byId = <Row extends { readonly id: string }>(
  find: (ids: readonly string[]) => Promise<readonly Row[]>,
  options: { cache?: boolean } = {},
): DataLoader<string, Row | null> =>
  new DataLoader(async (ids) => {
    const rows = new Map((await find(ids)).map((row) => [row.id, row]));
    return ids.map((id) => rows.get(id) ?? null);
  }, options);

/**
 * Returns a loader per set of arguments: fields with the same arguments share a statement.
 * @param read returns a value for each id
 */
export function byOptions<Options, Value>(
  read: (ids: readonly string[], options: Options) => Promise<Map<string, Value>>,
): (id: string, options: Options) => Promise<Value> {
  const loaders = new Map<string, DataLoader<string, Value>>();
  return (id, options) => {
    const key = JSON.stringify(options);
    let loader = loaders.get(key);
    if (!loader) {
      loader = new DataLoader(async (ids) => {
        const found = await read(ids, options);
        return ids.map((each) => found.get(each)!);
      });
      loaders.set(key, loader);
    }
    return loader.load(id);
  };
}
