interface Page<Next> {
  /** Where the next page begins; null on the last. */
  readonly next: Next | null;
}

/** Pages one after the other. While one is used the next is read already, and no further. */
export async function* pagesFrom<Next, P extends Page<Next>>(
  first: P,
  read: (after: Next) => Promise<P>,
): AsyncGenerator<P> {
  for (let page = first; ; ) {
    const coming = page.next === null ? null : read(page.next);
    // Told when it is its turn; whoever has had enough before does not hear of it.
    coming?.catch(() => {});
    yield page;
    if (coming === null) return;
    page = await coming;
  }
}
