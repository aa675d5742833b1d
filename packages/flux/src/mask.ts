import { isRecord, type Json, type KubeObject } from "./object.ts";

/** Stands where a value must not be stored or shown. Reserved: an edit that still contains it puts the live value back. */
export const MASK = "⟦masked⟧";
/** Key of the masked document that holds `{ "<JSON pointer>": "<keyed HMAC>" }`: changes and equality stay visible. */
export const MASKED_LEAVES = "flux-orchestrator/masked";
const MESSAGE_MAX = 8 * 1024;
/** Of a longer message the rest is not looked at: it would take as long as there are secrets in it, each time as long as it is. */
const MESSAGE_READ_MAX = 4 * MESSAGE_MAX;
/** Shorter leaves (`true`, `3`) would blot out half of every message. */
const QUOTABLE_MIN = 5;

type Hmac = (value: string) => string;
/** What is masked below a place: by key (`*`: any key or index) further down, everything, or everything but names. */
type Rule = "all" | "all but names" | Places;
interface Places {
  readonly [step: string]: Rule | "left out" | undefined;
  readonly "*"?: Rule;
}

const PATCHES = { "*": { patch: "all" } } as const;
/** Places that hold secrets by design, per kind. */
const SECRET_PLACES: Record<string, Places> = {
  HelmRelease: { spec: { values: "all", postRenderers: "all" } },
  Kustomization: {
    spec: {
      postBuild: { substitute: "all" },
      patches: PATCHES,
      patchesStrategicMerge: "all",
      patchesJson6902: PATCHES,
    },
  },
  FluxInstance: { spec: { kustomize: { patches: PATCHES } } },
  // Without their names nobody could tell what the templates are about.
  ResourceSet: { spec: { inputs: "all", resources: "all but names", resourcesTemplate: "all" } },
  ResourceSetInputProvider: { spec: { defaultValues: "all" }, status: { exportedInputs: "all" } },
  Provider: { spec: { address: "all", proxy: "all" } },
  Receiver: { status: { webhookPath: "all", url: "all" } },
  Secret: { data: "all", stringData: "all", binaryData: "all" },
};
const NAMES = new Set(["apiVersion", "kind", "name", "namespace"]);
/** What a Secret inside another object keeps its values in. */
const SECRET_KEYS = new Set(["data", "stringData", "binaryData"]);
/** Of every object: what nobody reads, what repeats the whole, and a name of ours, under which nothing a cluster says is true. */
const LEFT_OUT: Places = {
  [MASKED_LEAVES]: "left out",
  metadata: {
    managedFields: "left out",
    annotations: { "kubectl.kubernetes.io/last-applied-configuration": "left out" },
  },
};
const RULES = new Map(Object.entries(SECRET_PLACES).map(([kind, places]) => [kind, { ...places, ...LEFT_OUT }]));

/**
 * The object as it may be stored and sent: a copy without managedFields and last-applied copies, with every secret-bearing leaf
 * replaced by {@link MASK}, userinfo and queries taken out of URLs, and messages cleared of both.
 */
export function maskObject(object: KubeObject, hmac: Hmac): { object: KubeObject; masked: number } {
  const found = newFindings(hmac);
  const copy = maskedCopy(object, found);
  // Last, when everything that must not be quoted is known.
  const quotable = formsOf(found.clear);
  for (const holder of found.messages) holder.message = maskQuoted(String(holder.message), quotable);
  if (found.masked > 0) copy[MASKED_LEAVES] = found.leaves;
  return { object: copy, masked: found.masked };
}

/** The clear values of an object that nothing said of it may quote: what {@link maskObject} takes out of its messages. */
export function secretsOf(object: KubeObject): ReadonlySet<string> {
  const found = newFindings(() => "");
  maskedCopy(object, found);
  return found.clear;
}

/** All masked but its messages, which are among the findings. */
const maskedCopy = (object: KubeObject, found: Findings): KubeObject =>
  copyOf(object, null, RULES.get(object.kind) ?? LEFT_OUT, found) as KubeObject;

interface Findings {
  leaves: Record<string, string>;
  masked: number;
  /** Clear values found, to take them out of messages that quote them. */
  clear: Set<string>;
  /** Whoever holds a `message`. */
  messages: Json[];
  hmac: Hmac;
}

const newFindings = (hmac: Hmac): Findings => ({ leaves: {}, masked: 0, clear: new Set(), messages: [], hmac });

/** Where a value stands in its object. */
interface Place {
  readonly above: Place | null;
  readonly key: string | number;
}

/** A copy, masked by the rule: nested Secrets are masked whole, URLs cleaned, messages noted for later. */
function copyOf(value: unknown, at: Place | null, rule: Rule | undefined, found: Findings): unknown {
  if (rule === "all" || rule === "all but names") return maskBelow(value, at, rule, found);
  if (typeof value === "string") return cleanText(value, found);
  if (Array.isArray(value))
    return value.map((entry, key) => (isPlain(entry) ? entry : copyOf(entry, { above: at, key }, rule?.["*"], found)));
  if (!isRecord(value)) return value;
  const copy: Json = {};
  const isSecret = at !== null && isSecretKind(value);
  for (const key in value) {
    const entry = value[key];
    const below = isSecret && SECRET_KEYS.has(key) ? "all" : ruleOf(rule, key);
    if (below === "left out") continue;
    if (key === "message" && typeof entry === "string" && below === undefined) {
      noteSecrets(entry, found);
      found.messages.push(copy);
      copy[key] = entry;
    } else
      setOwn(
        copy,
        key,
        isPlain(entry) && below === undefined ? entry : copyOf(entry, { above: at, key }, below, found),
      );
  }
  return copy;
}

const ruleOf = (rule: Places | undefined, key: string): Rule | "left out" | undefined =>
  rule === undefined ? undefined : Object.hasOwn(rule, key) ? rule[key] : rule["*"];
const isPlain = (value: unknown): boolean => typeof value !== "string" && (typeof value !== "object" || value === null);
const isSecretKind = (value: Json): boolean => typeof value.kind === "string" && value.kind.toLowerCase() === "secret";

/** What JSON calls `__proto__` is a key like any other. */
function setOwn(holder: Json, key: string, value: unknown): void {
  if (key === "__proto__")
    Object.defineProperty(holder, key, { value, enumerable: true, configurable: true, writable: true });
  else holder[key] = value;
}

function maskBelow(value: unknown, at: Place | null, rule: "all" | "all but names", found: Findings): unknown {
  if (Array.isArray(value)) return value.map((entry, key) => maskBelow(entry, { above: at, key }, rule, found));
  if (isRecord(value)) {
    const copy: Json = {};
    const isSecret = isSecretKind(value);
    for (const key in value) {
      const entry = value[key];
      const keeps = rule === "all but names" && NAMES.has(key) && typeof entry === "string";
      const below = isSecret && SECRET_KEYS.has(key) ? "all" : rule;
      setOwn(copy, key, keeps ? cleanText(entry, found) : maskBelow(entry, { above: at, key }, below, found));
    }
    return copy;
  }
  if (value === null || value === undefined) return value;
  const text = String(value);
  if (typeof value !== "boolean") for (const part of [text, ...text.split("\n")]) addQuotable(found.clear, part.trim());
  found.leaves[pointer(at)] = found.hmac(text);
  found.masked++;
  return MASK;
}

/** Shorter ones would blot out half of every message. */
function addQuotable(clear: Set<string>, text: string): void {
  if (text.length >= QUOTABLE_MIN) clear.add(text);
}

function pointer(at: Place | null): string {
  if (at === null) return "";
  const step = typeof at.key === "number" ? at.key : at.key.replaceAll("~", "~0").replaceAll("/", "~1");
  return `${pointer(at.above)}/${step}`;
}

/** A text as it may be stored; passwords of its URLs are noted. Most hold no URL, and most URLs no secret. */
function cleanText(text: string, found: Findings): string {
  noteSecrets(text, found);
  return maskUrls(text);
}

function noteSecrets(text: string, { clear }: Findings): void {
  if (text.includes("@") && text.includes("://"))
    for (const secret of userinfoSecrets(text)) addQuotable(clear, secret);
}

/**
 * How a URL begins. Longer schemes match by their end: without a limit every letter of a long text would be tried as the beginning of
 * all that follows.
 */
const SCHEME = "[a-z][a-z0-9+.-]{0,30}:\\/\\/";
/** Up to the last `@` before the path: passwords may contain one. */
const USERINFO = new RegExp(`(${SCHEME})([^\\s/?#"'\`<>]+)@`, "gi");
const URL_BEGINS = new RegExp(SCHEME, "gi");
/** What holds no URL and another. */
const RUN = /[^\s"'`<>]+/g;

/** Userinfo and query of every URL in a text. */
export function maskUrls(text: string): string {
  if (!text.includes("://")) return text;
  const named = text.includes("@") ? text.replace(USERINFO, `$1${MASK}@`) : text;
  return named.includes("?") ? named.replace(RUN, withoutQuery) : named;
}

/** Not by one expression, which would look for a query behind every URL of a run, to its end. */
function withoutQuery(run: string): string {
  for (const { 0: scheme, index } of run.matchAll(URL_BEGINS)) {
    const from = index + scheme.length;
    const query = run.indexOf("?", from);
    if (query === -1 || query === run.length - 1) return run;
    if (query > from) return `${run.slice(0, query)}?${MASK}`;
  }
  return run;
}

/** Passwords and tokens in the URLs of a text, as written and decoded: messages quote them without their URL. */
function userinfoSecrets(text: string): string[] {
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
export const maskText = (message: string, clear: Iterable<string> = []): string => {
  const inUrls = userinfoSecrets(message.slice(0, MESSAGE_READ_MAX)).filter((secret) => secret.length >= QUOTABLE_MIN);
  return maskQuoted(message, formsOf([...clear, ...inUrls]));
};

/** Cut only when nothing is left to take out: half a secret would not be recognised. */
function maskQuoted(message: string, quotable: readonly string[]): string {
  let text = maskUrls(message.slice(0, MESSAGE_READ_MAX));
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
export const storable = (text: string): string => text.replaceAll("\u0000", "\ufffd").toWellFormed();
