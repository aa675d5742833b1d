import { expect, test } from "bun:test";
import { PostgresMessages } from "./postgres-messages.ts";

const message = (letter: string, body: string): Buffer => {
  const length = Buffer.alloc(4);
  length.writeInt32BE(4 + body.length);
  return Buffer.concat([Buffer.from(letter), length, Buffer.from(body)]);
};

test.each([1, 2, 3, 7, 1_000])("messages are the same however their bytes come: %p at a time", (size) => {
  const bytes = Buffer.concat([
    message("", "\0\u0003\0\0user\0flux\0\0"),
    message("P", "\0select 1\0\0\0"),
    message("S", ""),
    message("D", "x".repeat(500)),
    message("Q", "commit\0"),
  ]);
  const messages = new PostgresMessages(true);
  const read = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
    messages.read(bytes.subarray(at * size, (at + 1) * size)),
  );
  expect(read.flat()).toEqual([
    { letter: "", body: "\0\u0003\0\0user\0flux\0\0" },
    { letter: "P", body: "\0select 1\0\0\0" },
    { letter: "S", body: "" },
    // Too long for anybody to ask.
    { letter: "D", body: "" },
    { letter: "Q", body: "commit\0" },
  ]);
});
