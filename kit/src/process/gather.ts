/** How many transactions of one kind are under way at a time: one works while the other waits for its locks. */
const transactionsAtOnce = 2;

/**
 * Gathers what comes while nothing can be done with it yet. What comes alone is done at once; what comes while
 * transactions are under way waits, and is then taken together. So the more there is to do, the less each costs, and
 * nobody waits for company.
 * @param run does some of it; its result holds for each of them
 * @param most how many are taken together at most
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
