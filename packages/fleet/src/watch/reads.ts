/** An object is read again at most this often while its watch keeps telling of it. */
const ATTEMPTS = 10;

/**
 * Reads of single objects beside the watch. What an answer says may be older than what the watch told while it was on its
 * way; such an answer is thrown away and the object read again.
 */
export class Reads {
  readonly #open = new Set<{ readonly name: string; overtaken: boolean }>();

  /** The watch told of this object. */
  told(name: string): void {
    for (const read of this.#open) if (read.name === name) read.overtaken = true;
  }

  /** @param use is called with an answer that is at least as new as everything told of the object */
  async latest<T>(name: string, read: () => Promise<T>, use: (answer: T) => void): Promise<void> {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const mine = { name, overtaken: false };
      this.#open.add(mine);
      try {
        const answer = await read();
        // In the same turn as the check: no event comes between.
        if (!mine.overtaken) return use(answer);
      } finally {
        this.#open.delete(mine);
      }
    }
    // The watch tells of it faster than it can be read: nothing we could add would be newer.
  }
}
