import { DomainError } from "@flux-orchestrator/contract";

/** How many streams are open in this process, each declaration within what it says is bearable. */
export class StreamPlaces {
  readonly #open = new Map<string, number>();

  /**
   * Takes a place; what is returned gives it back, once.
   * @throws DomainError TOO_MANY_STREAMS
   */
  take({ name, openMax }: { name: string; openMax: number }): () => void {
    const open = this.#open.get(name) ?? 0;
    if (open >= openMax)
      throw new DomainError("TOO_MANY_STREAMS", "Too many streams of this kind are open on this server.", {
        hint: "Close those that nobody reads, or try again after the time that Retry-After says.",
      });
    this.#open.set(name, open + 1);
    return () => void this.#open.set(name, (this.#open.get(name) ?? 1) - 1);
  }
}
