/** The shortest of some runs in seconds, after one to warm up. */
export async function best(runs, work) {
  await work();
  let shortest = Infinity;
  for (let i = 0; i < runs; i++) shortest = Math.min(shortest, await seconds(work));
  return shortest;
}

/** The middle one of some runs in seconds, after one to warm up. */
export async function median(runs, work) {
  await work();
  const times = [];
  for (let i = 0; i < runs; i++) times.push(await seconds(work));
  return times.sort((a, b) => a - b)[Math.floor(runs / 2)];
}

/** One run in seconds. */
export async function seconds(work) {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}
