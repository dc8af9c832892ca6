/**
 * Compares generated files with those on disk.
 * @param onDisk the text of each file on disk, including every file of the folders that hold generated files only.
 */
export function driftProblems(
  generated: ReadonlyMap<string, string>,
  onDisk: ReadonlyMap<string, string>,
): string[] {
  const stale = [...generated].flatMap(([path, text]) => {
    const found = onDisk.get(path);
    if (found === undefined) return [`${path} is missing: run npm run generate.`];
    return found === text ? [] : [`${path} is not what is generated now: run npm run generate.`];
  });
  const superfluous = [...onDisk.keys()]
    .filter((path) => !generated.has(path))
    .map((path) => `${path} is no longer generated: delete it.`);
  return [...stale, ...superfluous];
}
