const encoder = new TextEncoder();
const decoder = new TextDecoder();
/** UTF-16 units become at most so many bytes each. */
const BYTES_OF_UNIT = 3;

/**
 * Names by row number, in one array of bytes. As strings, half a million names that outlive everything around them would
 * keep the collector from giving memory back.
 */
export class NameBytes {
  #bytes = new Uint8Array(0);
  #end = 0;
  /** Bytes of names that were replaced or removed. */
  #lost = 0;
  #starts = new Uint32Array(0);
  #ends = new Uint32Array(0);

  /** @returns an empty string for a row without a name */
  get(row: number): string {
    return decoder.decode(this.#bytes.subarray(this.#starts[row], this.#ends[row]));
  }

  set(row: number, name: string): void {
    this.delete(row);
    this.#makeRoom(row, name.length * BYTES_OF_UNIT);
    const { written } = encoder.encodeInto(name, this.#bytes.subarray(this.#end));
    this.#starts[row] = this.#end;
    this.#end += written;
    this.#ends[row] = this.#end;
  }

  delete(row: number): void {
    if (row >= this.#ends.length) return;
    this.#lost += this.#ends[row]! - this.#starts[row]!;
    this.#starts[row] = 0;
    this.#ends[row] = 0;
  }

  #makeRoom(row: number, bytes: number): void {
    if (row >= this.#ends.length) {
      const length = Math.max(row + 1, Math.ceil(this.#ends.length * 1.5));
      this.#starts = grown(this.#starts, length);
      this.#ends = grown(this.#ends, length);
    }
    if (this.#end + bytes <= this.#bytes.length) return;
    const moved = new Uint8Array(Math.ceil((this.#end - this.#lost + bytes) * 1.5));
    let end = 0;
    for (let at = 0; at < this.#ends.length; at++) {
      const name = this.#bytes.subarray(this.#starts[at], this.#ends[at]);
      moved.set(name, end);
      this.#starts[at] = end;
      end += name.length;
      this.#ends[at] = end;
    }
    this.#bytes = moved;
    this.#end = end;
    this.#lost = 0;
  }
}

/** The same numbers in a longer array. */
export function grown<Numbers extends Uint32Array | Float64Array | Uint8Array>(
  before: Numbers,
  length: number,
): Numbers {
  const after = new (before.constructor as new (length: number) => Numbers)(length);
  after.set(before);
  return after;
}
