/**
 * Items in their order, the next one made while the last is worked with, and no more than that one.
 *
 * What making an item throws is thrown when its turn comes. When the reader stops early, `signal` is aborted, and the item
 * under way is waited for.
 */
export async function* oneAhead<Item>(make: (signal: AbortSignal) => AsyncGenerator<Item>): AsyncGenerator<Item> {
  const stop = new AbortController();
  const items = make(stop.signal);
  try {
    let next = items.next();
    for (;;) {
      const { done, value } = await next;
      if (done === true) return;
      next = items.next();
      next.catch(() => undefined);
      yield value;
    }
  } finally {
    stop.abort();
    await items.return(undefined);
  }
}
