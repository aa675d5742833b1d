const NEWLINE = 10;

/** Cuts a stream of bytes into lines of UTF-8, whatever pieces it comes in. */
export class LineCutter {
  #parts: Uint8Array[] = [];
  #bytes = 0;

  constructor(readonly bytesMax: number) {}

  /** The lines that a piece completes; null for one that is too long, of which nothing is kept. */
  cut(piece: Uint8Array): (string | null)[] {
    const lines: (string | null)[] = [];
    let start = 0;
    for (let end = piece.indexOf(NEWLINE); end !== -1; end = piece.indexOf(NEWLINE, start)) {
      this.#keep(piece.subarray(start, end));
      lines.push(this.#take());
      start = end + 1;
    }
    this.#keep(piece.subarray(start));
    return lines;
  }

  /** Bytes of the line that is not complete yet, kept or not. */
  get pending(): number {
    return this.#bytes;
  }

  #keep(part: Uint8Array): void {
    if (part.length === 0) return;
    this.#bytes += part.length;
    if (this.#bytes > this.bytesMax) this.#parts = [];
    else this.#parts.push(part);
  }

  #take(): string | null {
    const line = this.#bytes > this.bytesMax ? null : Buffer.concat(this.#parts).toString("utf8");
    this.#parts = [];
    this.#bytes = 0;
    return line;
  }
}
