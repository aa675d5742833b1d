/** One message of Postgres' protocol. Long ones come without their text: nobody asks for it. */
export interface PostgresMessage {
  /** Its first byte as a letter; empty for the one that opens a connection. */
  readonly letter: string;
  /** What follows the length, if that is short. */
  readonly body: string;
}

const KEPT_MAX = 64;

/**
 * Cuts one direction of a connection into messages, however its bytes come. Unencrypted connections only.
 * @see https://www.postgresql.org/docs/current/protocol-message-formats.html
 */
export class PostgresMessages {
  #head = Buffer.alloc(0);
  #letter = "";
  #body: Buffer[] = [];
  #left: number | undefined;
  #isLong = false;

  /** @param hasOpening the first message has no letter, as those of a client */
  constructor(private hasOpening: boolean) {}

  /** The messages that end in these bytes. */
  read(bytes: Buffer): PostgresMessage[] {
    const messages: PostgresMessage[] = [];
    for (let at = 0; at < bytes.length; ) {
      if (this.#left === undefined) {
        const headSize = this.hasOpening ? 4 : 5;
        const part = bytes.subarray(at, at + headSize - this.#head.length);
        this.#head = Buffer.concat([this.#head, part]);
        at += part.length;
        if (this.#head.length < headSize) break;
        this.#letter = this.hasOpening ? "" : String.fromCharCode(this.#head[0]!);
        // The length counts itself.
        this.#left = this.#head.readInt32BE(headSize - 4) - 4;
        this.#isLong = this.#left > KEPT_MAX;
        this.#head = Buffer.alloc(0);
      }
      const part = bytes.subarray(at, at + this.#left);
      at += part.length;
      this.#left -= part.length;
      if (!this.#isLong) this.#body.push(part);
      if (this.#left > 0) break;
      messages.push({ letter: this.#letter, body: Buffer.concat(this.#body).toString("latin1") });
      this.#body = [];
      this.#left = undefined;
      this.hasOpening = false;
    }
    return messages;
  }
}
