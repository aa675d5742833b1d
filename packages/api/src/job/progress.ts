/** A job of thousands is told this often at most, milliseconds: every writer waits for the feed's head. */
const EVERY_MS = 200;

/** Tells that a job went on: at once, and then so often that nobody waits longer than that to hear the last of it. */
export class Progress {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #telling: Promise<void> | undefined;
  #movedMeanwhile = false;

  /** @param tell what fails is not told again by itself: the end of the job is told whatever happens */
  constructor(readonly tell: () => Promise<void>) {}

  moved(): void {
    if (this.#timer !== undefined) {
      this.#movedMeanwhile = true;
      return;
    }
    this.#telling = this.tell().catch(() => {});
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (!this.#movedMeanwhile) return;
      this.#movedMeanwhile = false;
      this.moved();
    }, EVERY_MS);
  }

  /** Tells nothing any more; resolves once nothing is being told. */
  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#telling;
  }
}
