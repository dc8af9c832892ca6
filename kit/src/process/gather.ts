/** How many transactions of one kind run at a time: one works while the other waits for its locks. */
const transactionsAtOnce = 2;

/**
 * Batches items only under load. An item that comes alone runs at once. Items that come while two runs are under way
 * wait, and the next run takes them together: the more there is to do, the less each item costs.
 * @param run does some items; returns the result of each
 * @param most the most items of one run
 */
export function gather<Item, Result>(
  run: (items: readonly Item[]) => Promise<readonly PromiseSettledResult<Result>[]>,
  most: number,
): (item: Item) => Promise<Result> {
  const waiting: { item: Item; resolve: (result: Result) => void; reject: (error: unknown) => void }[] = [];
  let underWay = 0;
  const takeSome = async () => {
    underWay++;
    while (waiting.length > 0) {
      const some = waiting.splice(0, most);
      const results = await run(some.map(({ item }) => item)).catch((reason: unknown) =>
        some.map(() => ({ status: 'rejected' as const, reason })),
      );
      some.forEach(({ resolve, reject }, at) => {
        const result = results[at] as PromiseSettledResult<Result>;
        if (result.status === 'fulfilled') resolve(result.value);
        else reject(result.reason);
      });
    }
    underWay--;
  };
  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      if (underWay < transactionsAtOnce) void takeSome();
    });
}
