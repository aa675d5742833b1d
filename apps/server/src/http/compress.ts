import { once } from "node:events";
import { promisify } from "node:util";
import { constants, createGzip, createZstdCompress, gzip } from "node:zlib";
import { type Accepted, acceptedCoding } from "./accept-encoding.ts";

/** In the order of our liking: zstd makes a list half as large again as gzip does, in half the time. */
const CODINGS = ["zstd", "gzip"] as const;
type Packing = (typeof CODINGS)[number];
type Body = NonNullable<Response["body"]>;
interface Reader {
  read(): Promise<{ done: boolean; value?: Uint8Array | undefined }>;
  cancel(): Promise<void>;
}

/** Bytes up to which a body is sent as it is: in a packet of its own it would not arrive sooner. */
export const PLAIN_MAX = 1024;

const GZIP = { level: 4 };
const ZSTD_LEVEL = 1;
const ZSTD = { params: { [constants.ZSTD_c_compressionLevel]: ZSTD_LEVEL } };
const gzipAll = promisify(gzip);
const packAll = {
  gzip: (bytes: Uint8Array) => gzipAll(bytes, GZIP),
  // Without the stream that `node:zlib` makes for it, half as expensive.
  zstd: (bytes: Uint8Array) => Bun.zstdCompress(bytes, { level: ZSTD_LEVEL }) as Promise<Buffer<ArrayBuffer>>,
};
const packer = { gzip: () => createGzip(GZIP), zstd: () => createZstdCompress(ZSTD) };

/** Whether a client takes any answer of ours: bodies as they are, or in a coding we have. */
export const takesAny = (request: Request): boolean => {
  const { best, identity } = acceptedOf(request);
  return best !== null || identity;
};

/**
 * The answer as its client takes it, by `Accept-Encoding`. What has a `Content-Length` is compressed whole; what has none is
 * compressed piece by piece, each when the client has taken the one before. An answer that says `no-transform` stays as it is.
 */
export async function compressed(request: Request, response: Response): Promise<Response> {
  if (/no-transform/.test(response.headers.get("cache-control") ?? "")) return response;
  // Said of every answer that could have been another, the 304 and the short one too.
  response.headers.append("Vary", "Accept-Encoding");
  const accepted = acceptedOf(request);
  if (response.body === null || accepted.best === null) return response;
  const length = response.headers.get("content-length");
  if (length !== null) return whole(response, Number(length), accepted);
  return streamed(request, { response, body: response.body }, accepted);
}

const acceptedOf = (request: Request): Accepted<Packing> =>
  acceptedCoding(request.headers.get("accept-encoding"), CODINGS);

async function whole(response: Response, length: number, { best, identity }: Accepted<Packing>): Promise<Response> {
  if (best === null || (length <= PLAIN_MAX && identity)) return response;
  const bytes = await packAll[best](await response.bytes());
  return answerOf(response, bytes, { "Content-Encoding": best, "Content-Length": String(bytes.byteLength) });
}

/** Reads on until the body is longer than what is sent as it is, or over. */
async function streamed(
  request: Request,
  { response, body }: { response: Response; body: Body },
  { best, identity }: Accepted<Packing>,
): Promise<Response> {
  const reader: Reader = body.getReader();
  const begin: Uint8Array[] = [];
  let bytes = 0;
  while (bytes <= PLAIN_MAX) {
    const { value } = await reader.read();
    if (value !== undefined) {
      begin.push(value);
      bytes += value.byteLength;
    } else if (identity) return answerOf(response, Buffer.concat(begin), {});
    else break;
  }
  if (request.method !== "HEAD")
    return answerOf(response, packedStream(begin, reader, best!), { "Content-Encoding": best! });
  await reader.cancel();
  // A stream, and one that nobody has looked into: else it would have the length 0, and nobody knows the real one yet.
  const nothing = new ReadableStream<Uint8Array>({ pull: (controller) => controller.close() }, { highWaterMark: 0 });
  return answerOf(response, nothing, { "Content-Encoding": best! });
}

function answerOf(
  { status, headers }: Response,
  body: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>,
  more: Record<string, string>,
): Response {
  const own = new Headers(headers);
  for (const [name, value] of Object.entries(more)) own.set(name, value);
  return new Response(body, { status, headers: own });
}

function packedStream(begin: readonly Uint8Array[], rest: Reader, coding: Packing): ReadableStream<Uint8Array> {
  const pieces = packedPieces(begin, rest, coding);
  return new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await pieces.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        await Promise.all([rest.cancel(), pieces.return()]);
      },
    },
    { highWaterMark: 0 },
  );
}

/** A failure of what is compressed is one of the whole: what was sent ends without the mark that it is all. */
async function* packedPieces(
  begin: readonly Uint8Array[],
  rest: Reader,
  coding: Packing,
): AsyncGenerator<Uint8Array, void> {
  const stream = packer[coding]();
  const made: Buffer[] = [];
  stream.on("data", (piece: Buffer) => void made.push(piece));
  const put = (piece: Uint8Array) =>
    new Promise<void>((resolve, reject) => stream.write(piece, (error) => (error == null ? resolve() : reject(error))));
  try {
    for (const piece of begin) await put(piece);
    for (;;) {
      yield* made.splice(0);
      const { value } = await rest.read();
      if (value === undefined) break;
      await put(value);
    }
    const ended = once(stream, "end");
    stream.end();
    await ended;
    yield* made.splice(0);
  } finally {
    stream.destroy();
  }
}
