interface Page<Next> {
  /** Where the next page begins; null on the last. */
  readonly next: Next | null;
}

/** Pages one after the other, each read when the one before was taken. */
export async function* pagesFrom<Next, P extends Page<Next>>(
  first: P,
  read: (after: Next) => Promise<P>,
): AsyncGenerator<P> {
  for (let page = first; ; page = await read(page.next)) {
    yield page;
    if (page.next === null) return;
  }
}
