import { DomainError } from "@flux-orchestrator/contract";
import { repeatsKey } from "../http/repeats-key.ts";

/** A kubeconfig is at most 256 KiB; four times that leaves room for JSON's own escapes. */
const BODY_MAX_BYTES = 1024 * 1024;

/**
 * A JSON body as REST v1 reads it: keys in any case, none of them twice, unknown ones ignored, `null` as good as absent, and
 * `null` as the whole body an empty object.
 */
export class RequestBody {
  private constructor(private readonly fields: ReadonlyMap<string, unknown>) {}

  /** @throws DomainError BODY_SYNTAX; INPUT_INVALID when a key is there twice */
  static parse(text: string): RequestBody {
    const parsed = parse(text);
    if (!isObject(parsed ?? {})) throw unreadable();
    if (repeatsKey(text, parsed)) throw repeatedKey();
    return RequestBody.of(parsed ?? {});
  }

  private static of(value: object): RequestBody {
    const entries = Object.entries(value).map(([key, field]) => [key.toLowerCase(), field] as const);
    const fields = new Map(entries);
    if (fields.size < entries.length) throw repeatedKey();
    return new RequestBody(fields);
  }

  /** A string; undefined when absent or empty. @throws DomainError INPUT_INVALID */
  text(name: string): string | undefined {
    const value = this.fields.get(name) ?? "";
    if (typeof value !== "string") throw wrongType(name, "a string");
    return value === "" ? undefined : value;
  }

  /** A string, also an empty one; undefined when absent. @throws DomainError INPUT_INVALID */
  textOrEmpty(name: string): string | undefined {
    const value = this.fields.get(name) ?? undefined;
    if (value !== undefined && typeof value !== "string") throw wrongType(name, "a string");
    return value;
  }

  /** True or false; undefined when absent. @throws DomainError INPUT_INVALID */
  flag(name: string): boolean | undefined {
    const value = this.fields.get(name) ?? undefined;
    if (value !== undefined && typeof value !== "boolean") throw wrongType(name, "true or false");
    return value;
  }

  /** An object, read as the body is; undefined when absent. @throws DomainError INPUT_INVALID */
  object(name: string): RequestBody | undefined {
    const value = this.fields.get(name) ?? undefined;
    if (value !== undefined && !isObject(value)) throw wrongType(name, "an object");
    return value === undefined ? undefined : RequestBody.of(value);
  }

  /** A list of strings; an empty one when absent. @throws DomainError INPUT_INVALID */
  texts(name: string): string[] {
    const value = this.fields.get(name) ?? [];
    if (!Array.isArray(value) || !value.every((text) => typeof text === "string"))
      throw wrongType(name, "a list of strings");
    return value;
  }

  /** Any JSON, keys below in the case they came in; undefined when absent. */
  value(name: string): unknown {
    return this.fields.get(name) ?? undefined;
  }

  /** A number; undefined when absent. @throws DomainError INPUT_INVALID */
  wholeNumber(name: string): number | undefined {
    const value = this.fields.get(name) ?? undefined;
    if (value !== undefined && !Number.isSafeInteger(value)) throw wrongType(name, "a whole number");
    return value as number | undefined;
  }
}

/** The body as text. @throws DomainError BODY_TOO_LARGE; BODY_SYNTAX when its sender went before its end */
export async function readText(request: Request): Promise<string> {
  if (Number(request.headers.get("content-length")) > BODY_MAX_BYTES) throw tooLarge();
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  // A body without a stated length is counted as it comes.
  for await (const chunk of untilBrokenOff(request.body)) {
    bytes += chunk.byteLength;
    if (bytes > BODY_MAX_BYTES) throw tooLarge();
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

async function* untilBrokenOff(body: Request["body"]): AsyncGenerator<Uint8Array> {
  try {
    yield* body ?? [];
  } catch {
    // No failure of ours, and nobody is there to be told of it.
    throw new DomainError("BODY_SYNTAX", "The request body broke off.");
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message would quote the body, which may hold a credential.
    throw unreadable();
  }
}

const isObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const unreadable = () => new DomainError("BODY_SYNTAX", "The request body is missing or not a JSON object.");
/** Which of them was meant nobody knows. */
export const repeatedKey = () => new DomainError("INPUT_INVALID", "The request body has a key twice.");
const tooLarge = () => new DomainError("BODY_TOO_LARGE", "The request body is larger than 1 MiB.");
const wrongType = (name: string, type: string) => new DomainError("INPUT_INVALID", `${name}: must be ${type}.`);
