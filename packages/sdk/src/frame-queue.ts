/** Keeps what arrives until somebody takes it. */
export class FrameQueue<Frame> {
  readonly #waiting: Frame[] = [];
  #ended: { error: unknown } | undefined;
  #wake: (() => void) | undefined;

  push(frame: Frame): void {
    this.#waiting.push(frame);
    this.#wake?.();
  }

  /** Nothing comes any more; what waits is still handed out, then the error thrown. */
  end(error: unknown): void {
    this.#ended ??= { error };
    this.#wake?.();
  }

  /** @returns undefined when nothing came within the time @throws what it was ended with */
  async next(timeoutMs: number): Promise<Frame | undefined> {
    if (this.#waiting.length === 0 && this.#ended === undefined) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, timeoutMs);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.#wake = undefined;
    }
    const frame = this.#waiting.shift();
    if (frame === undefined && this.#ended !== undefined) throw this.#ended.error;
    return frame;
  }
}
