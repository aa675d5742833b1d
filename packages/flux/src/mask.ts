import { isRecord, type Json, type KubeObject } from "./object.ts";

/** Stands where a value must not be stored or shown. Reserved: an edit that still contains it puts the live value back. */
export const MASK = "⟦masked⟧";
/** Key of the masked document that holds `{ "<JSON pointer>": "<keyed HMAC>" }`: changes and equality stay visible. */
export const MASKED_LEAVES = "flux-orchestrator/masked";
const MESSAGE_MAX = 8 * 1024;
/** Shorter leaves (`true`, `3`) would blot out half of every message. */
const QUOTABLE_MIN = 5;

type Hmac = (value: string) => string;
type Path = readonly (string | number)[];

/** Places that hold secrets by design, per kind; `*` is any key or index, everything below is masked. */
const SECRET_PATHS: Record<string, readonly Path[]> = {
  HelmRelease: [
    ["spec", "values"],
    ["spec", "postRenderers"],
  ],
  Kustomization: [
    ["spec", "postBuild", "substitute"],
    ["spec", "patches", "*", "patch"],
    ["spec", "patchesStrategicMerge"],
    ["spec", "patchesJson6902", "*", "patch"],
  ],
  FluxInstance: [["spec", "kustomize", "patches", "*", "patch"]],
  ResourceSet: [
    ["spec", "inputs"],
    ["spec", "resources"],
    ["spec", "resourcesTemplate"],
  ],
  ResourceSetInputProvider: [
    ["spec", "defaultValues"],
    ["status", "exportedInputs"],
  ],
  Provider: [
    ["spec", "address"],
    ["spec", "proxy"],
  ],
  Receiver: [
    ["status", "webhookPath"],
    ["status", "url"],
  ],
  Secret: [["data"], ["stringData"]],
};
/** Left readable below a masked place: without them nobody could tell what it is about. */
const HARMLESS = new Set(["apiVersion", "kind", "name", "namespace"]);

/**
 * The object as it may be stored and sent: a copy without managedFields and last-applied copies, with every secret-bearing leaf
 * replaced by {@link MASK}, userinfo and queries taken out of URLs, and messages cleared of both.
 */
export function maskObject(object: KubeObject, hmac: Hmac): { object: KubeObject; masked: number } {
  const copy = structuredClone(object);
  const meta = copy.metadata as Json;
  delete meta.managedFields;
  if (isRecord(meta.annotations)) delete meta.annotations["kubectl.kubernetes.io/last-applied-configuration"];
  const leaves: Record<string, string> = {};
  const clear = new Set<string>();
  const messages: Json[] = [];
  const found = { leaves, clear, messages, hmac };
  for (const path of SECRET_PATHS[copy.kind] ?? []) maskAt(copy as Json, path, [], found);
  cleanTexts(copy as Json, [], found);
  // Last, when everything that must not be quoted is known.
  const quotable = formsOf(clear);
  for (const holder of messages) holder.message = maskQuoted(String(holder.message), quotable);
  const masked = Object.keys(leaves).length;
  if (masked > 0) copy[MASKED_LEAVES] = leaves;
  return { object: copy, masked };
}

interface Findings {
  leaves: Record<string, string>;
  /** Clear values found, to take them out of messages that quote them. */
  clear: Set<string>;
  /** Whoever holds a `message`. */
  messages: Json[];
  hmac: Hmac;
}

function maskAt(parent: Json | unknown[], path: Path, at: Path, found: Findings): void {
  const [step, ...rest] = path;
  const keys = step === "*" ? Object.keys(parent) : [String(step)];
  for (const key of keys) {
    const holder = parent as Json;
    if (!Object.hasOwn(holder, key)) continue;
    const value = holder[key];
    if (rest.length > 0) {
      if (typeof value === "object" && value !== null) maskAt(value as Json, rest, [...at, key], found);
    } else holder[key] = maskBelow(value, [...at, key], found);
  }
}

function maskBelow(value: unknown, at: Path, found: Findings): unknown {
  if (Array.isArray(value)) return value.map((entry, index) => maskBelow(entry, [...at, index], found));
  if (isRecord(value))
    return Object.fromEntries(
      Object.entries(value).map(([key, entry]) => [
        key,
        HARMLESS.has(key) && typeof entry === "string" && at[0] === "spec" && at[1] === "resources"
          ? entry
          : maskBelow(entry, [...at, key], found),
      ]),
    );
  if (value === null || value === undefined) return value;
  const text = String(value);
  if (typeof value !== "boolean") for (const part of [text, ...text.split("\n")]) addQuotable(found.clear, part.trim());
  found.leaves[pointer(at)] = found.hmac(text);
  return MASK;
}

/** Shorter ones would blot out half of every message. */
function addQuotable(clear: Set<string>, text: string): void {
  if (text.length >= QUOTABLE_MIN) clear.add(text);
}

const pointer = (at: Path) => at.map((step) => `/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");

/** Every text of the object: nested Secrets are masked whole, URLs and messages cleaned, what cannot be stored replaced. */
function cleanTexts(node: Json | unknown[], at: Path, found: Findings): void {
  if (isRecord(node) && at.length > 0 && typeof node.kind === "string" && node.kind.toLowerCase() === "secret")
    for (const key of ["data", "stringData", "binaryData"])
      if (Object.hasOwn(node, key)) node[key] = maskBelow(node[key], [...at, key], found);
  for (const [key, value] of Object.entries(node)) {
    if (typeof value === "string") {
      if (value === MASK) continue;
      for (const secret of userinfoSecrets(value)) addQuotable(found.clear, secret);
      if (key === "message") found.messages.push(node as Json);
      else (node as Json)[key] = maskUrls(value);
    } else if (typeof value === "object" && value !== null && key !== MASKED_LEAVES)
      cleanTexts(value as Json, [...at, key], found);
  }
}

/** Up to the last `@` before the path: passwords may contain one. */
const USERINFO = /([a-z][a-z0-9+.-]*:\/\/)([^\s/?#"'`<>]+)@/gi;

/** Userinfo and query of every URL in a text. */
export const maskUrls = (text: string): string =>
  text.includes("://")
    ? text.replace(USERINFO, `$1${MASK}@`).replace(/([a-z][a-z0-9+.-]*:\/\/[^\s?"'`<>]+)\?[^\s"'`<>]+/gi, `$1?${MASK}`)
    : text;

/** Passwords and tokens in the URLs of a text, as written and decoded: messages quote them without their URL. */
function userinfoSecrets(text: string): string[] {
  if (!text.includes("://")) return [];
  return [...text.matchAll(USERINFO)].flatMap(([, scheme = "", userinfo = ""]) => {
    const colon = userinfo.indexOf(":");
    // Without a colon it is a token over HTTP; over SSH it is a user's name, which is no secret.
    if (colon < 0 && !/^https?:/i.test(scheme)) return [];
    const secret = userinfo.slice(colon + 1);
    return [secret, decoded(secret)];
  });
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** A message as it may be shown: at most 8 KiB, URLs cleaned, quoted secret values taken out, nothing Postgres cannot store. */
export const maskText = (message: string, clear: Iterable<string> = []): string => maskQuoted(message, formsOf(clear));

/** Cut only when nothing is left to take out: half a secret would not be recognised. */
function maskQuoted(message: string, quotable: readonly string[]): string {
  let text = maskUrls(message);
  for (const value of quotable) if (text.includes(value)) text = text.replaceAll(value, MASK);
  return storable(text.length > MESSAGE_MAX ? `${text.slice(0, MESSAGE_MAX)}…` : text);
}

/** Values as messages quote them: plain, escaped for JSON or a URL, in base64. Long ones first, as one may contain another. */
function formsOf(values: Iterable<string>): string[] {
  const forms = new Set<string>();
  for (const value of values) {
    const encoded = base64(value);
    for (const form of [
      value,
      JSON.stringify(value).slice(1, -1),
      encodeURIComponent(value.toWellFormed()),
      encoded,
      encoded.replaceAll("+", "-").replaceAll("/", "_"),
    ])
      forms.add(form);
  }
  return [...forms].sort((one, other) => other.length - one.length);
}

/** Without padding, which differs between encoders. */
const base64 = (text: string): string =>
  btoa(Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join("")).replace(/=+$/, "");

/** NUL and lone surrogates, which Postgres refuses, become the replacement character. */
export const storable = (text: string): string => text.replaceAll("\u0000", "\ufffd").replace(/\p{Cs}/gu, "\ufffd");
