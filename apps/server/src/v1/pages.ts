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

/**
 * A text as bytes, piece by piece, each made when the client has taken the one before: what is held in memory does not grow
 * with the whole. A failure on the way breaks the answer off, so that half of it is never taken for all.
 */
export function textStream(pieces: AsyncGenerator<string>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await pieces.next();
      if (done) controller.close();
      else controller.enqueue(encoder.encode(value));
    },
    cancel: async () => void (await pieces.return(undefined)),
  });
}
