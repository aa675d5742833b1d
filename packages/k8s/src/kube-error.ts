/** Everything that can go wrong with an API server, closed. */
export const KUBE_ERROR_CODES = [
  "CLUSTER_UNREACHABLE",
  "CLUSTER_TIMEOUT",
  "CLUSTER_TLS",
  "CLUSTER_AUTH",
  "CLUSTER_FORBIDDEN",
  "CLUSTER_REDIRECT",
  "CLUSTER_ERROR",
  "CLUSTER_THROTTLED",
  "NOT_KUBERNETES",
  "OBJECT_NOT_FOUND",
  "CONFLICT",
  "CLUSTER_REJECTED",
  /** 410: the version or page asked for was compacted away. */
  "GONE",
  "EGRESS_DENIED",
] as const;
export type KubeErrorCode = (typeof KUBE_ERROR_CODES)[number];

/** A failed call to an API server. The message is ours and safe to show; nothing of the answer's text is in it. */
export class KubeError extends Error {
  override readonly name = "KubeError";
  constructor(
    readonly code: KubeErrorCode,
    message: string,
    readonly options: {
      /** HTTP status; absent when there was no answer. */
      status?: number;
      /** Kubernetes' `Status.reason`, or the socket's or TLS library's code: letters, digits and underscores only. */
      reason?: string;
      retryAfterMs?: number;
      /** What of the object is wrong, where the API server says it. */
      fields?: readonly RefusedField[];
      cause?: unknown;
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
  }
  get status(): number | undefined {
    return this.options.status;
  }
  get reason(): string {
    return this.options.reason ?? "";
  }
  get retryAfterMs(): number | undefined {
    return this.options.retryAfterMs;
  }
  get fields(): readonly RefusedField[] {
    return this.options.fields ?? [];
  }
}

/** A field that the API server refused, by its place and in our words; never with a value. */
export interface RefusedField {
  /** As in `spec.template.spec.containers[0].image`. */
  path: string;
  message: string;
}

/** What a `Status` of Kubernetes tells a program. */
interface KubeStatus {
  kind?: unknown;
  code?: unknown;
  reason?: unknown;
  /** Only looked at, never shown. */
  message?: unknown;
  details?: { retryAfterSeconds?: unknown; causes?: unknown };
}

/** For `catch`: null when what was asked for is not there; any other failure is thrown on. */
export function absentAsNull(error: unknown): null {
  if (error instanceof KubeError && error.code === "OBJECT_NOT_FOUND") return null;
  throw error;
}

/** Bytes of an error's body that are looked at. */
const BODY_MAX = 64 * 1024;

/** Turns an answer that is not 2xx into the error it stands for. Reads at most 64 KiB of it. */
export async function errorOfResponse(response: Response): Promise<KubeError> {
  if (response.status >= 300 && response.status < 400) {
    await response.body?.cancel().catch(() => {});
    return new KubeError("CLUSTER_REDIRECT", "The API server answered with a redirect, which is not followed.", {
      status: response.status,
    });
  }
  const text = await readText(response, BODY_MAX);
  let status: KubeStatus = {};
  try {
    status = JSON.parse(text) as KubeStatus;
  } catch {
    // Whatever it is, it is not a Status; the code of the answer has to do.
  }
  return errorOfStatus({ ...status, code: response.status }, retryAfterMs(response.headers.get("retry-after")));
}

/** `Retry-After` in milliseconds, be it seconds or a date; undefined for anything else. */
function retryAfterMs(header: string | null): number | undefined {
  if (header === null) return undefined;
  const ms = /^\s*\d+\s*$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return ms > 0 ? ms : undefined;
}

/** Turns a `Status` object, of an answer or of an ERROR event of a watch, into the error it stands for. */
export function errorOfStatus(status: unknown, retryAfterMs?: number): KubeError {
  const {
    code,
    reason,
    message: text,
    details,
    kind,
  } = (typeof status === "object" && status !== null ? status : {}) as KubeStatus;
  const http = typeof code === "number" ? code : 500;
  const seconds = details?.retryAfterSeconds;
  const retry = retryAfterMs ?? (typeof seconds === "number" && seconds > 0 ? seconds * 1000 : undefined);
  const fields = refusedFields(details?.causes, text);
  const options = {
    status: http,
    ...(fields.length === 0 ? {} : { fields }),
    reason: typeof reason === "string" && /^[A-Za-z]{1,60}$/.test(reason) ? reason : "",
    ...(retry === undefined ? {} : { retryAfterMs: Math.min(retry, RETRY_AFTER_MAX_MS) }),
  };
  const [errorCode, message] = isGone(http, options.reason, text) ? GONE : meaningOf(http, kind === "Status");
  return new KubeError(errorCode, message, options);
}

const FIELD = /^[A-Za-z0-9_$.,/[\]{}()-]{1,200}$/;
const FIELDS_MAX = 20;
/** Kubernetes' own reasons, as `Status.details.causes` has them. */
const FIELD_SENTENCES: Readonly<Record<string, string>> = {
  FieldValueRequired: "is required",
  FieldValueTypeInvalid: "has the wrong type",
  FieldValueNotSupported: "is none of the values it can have",
  FieldValueForbidden: "must not be set",
  FieldValueDuplicate: "is there twice",
  FieldValueTooLong: "is too long",
  FieldValueTooMany: "has too many entries",
};

/** Places that were refused; of unknown fields the API server tells by text alone. */
function refusedFields(causes: unknown, text: unknown): RefusedField[] {
  const unknown = typeof text === "string" ? [...text.matchAll(/unknown field "([^"]+)"/g)] : [];
  const told = unknown.map(([, path = ""]) => ({ path, message: "is not known to this kind" }));
  for (const cause of Array.isArray(causes) ? (causes as ({ field?: unknown; reason?: unknown } | null)[]) : []) {
    const message = FIELD_SENTENCES[String(cause?.reason)] ?? "is not valid";
    // Where fields are unknown, Kubernetes says of the patch as a whole that it is not valid.
    if (typeof cause?.field === "string" && cause.field !== "patch") told.push({ path: cause.field, message });
  }
  return told.filter(({ path }) => FIELD.test(path)).slice(0, FIELDS_MAX);
}

/** Nobody may park us for longer. */
const RETRY_AFTER_MAX_MS = 120_000;

const GONE: [KubeErrorCode, string] = ["GONE", "The API server no longer has that version."];

/** Old API servers, and etcd through newer ones, say it by text alone. One whose version is "too large" lags behind: it is not gone. */
const isGone = (http: number, reason: string, text: unknown): boolean =>
  http === 410 ||
  reason === "Expired" ||
  reason === "Gone" ||
  (http === 500 &&
    typeof text === "string" &&
    /too old resource version|resourceVersion .{0,80}too old|required revision has been compacted/i.test(text));

function meaningOf(http: number, isStatus: boolean): [KubeErrorCode, string] {
  switch (http) {
    case 401:
      return ["CLUSTER_AUTH", "The API server does not accept the credential."];
    case 403:
      return ["CLUSTER_FORBIDDEN", "The credential may not do this on the cluster."];
    case 404:
      return ["OBJECT_NOT_FOUND", "The cluster has no such object."];
    case 409:
      return ["CONFLICT", "The object was changed by somebody else meanwhile."];
    case 400:
    case 422:
      return isStatus
        ? ["CLUSTER_REJECTED", "The API server refused the request."]
        : ["NOT_KUBERNETES", "What answers at this address is not a Kubernetes API server."];
    case 429:
      return ["CLUSTER_THROTTLED", "The API server asks us to come back later."];
    case 504:
      return ["CLUSTER_TIMEOUT", "The API server did not finish in time."];
    default:
      return http >= 500 || isStatus
        ? ["CLUSTER_ERROR", `The API server answered with an error (${http}).`]
        : ["NOT_KUBERNETES", "What answers at this address is not a Kubernetes API server."];
  }
}

const TLS_SENTENCES: Record<string, string> = {
  ERR_TLS_CERT_ALTNAME_INVALID: "The API server's certificate is for another name.",
  CERT_HAS_EXPIRED: "The API server's certificate has expired.",
  CERT_NOT_YET_VALID: "The API server's certificate is not valid yet.",
  DEPTH_ZERO_SELF_SIGNED_CERT: "The API server's certificate is signed by itself and not by the given authority.",
  SELF_SIGNED_CERT_IN_CHAIN: "The API server's certificate is not signed by the given authority.",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "The API server's certificate is not signed by the given authority.",
  UNABLE_TO_GET_ISSUER_CERT: "The API server's certificate is not signed by the given authority.",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "The API server's certificate is not signed by a known authority.",
};
const TLS_CODE = /TLS|SSL|CERT|EPROTO|UNKNOWN_CERTIFICATE_VERIFICATION/;

/** Turns what `fetch` threw into the error it stands for. An abort of the caller's own signal passes through. */
export function errorOfFetch(error: unknown, signal?: AbortSignal | null): unknown {
  if (error instanceof KubeError || signal?.aborted === true) return error;
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const reason = /^[A-Za-z_0-9]{1,60}$/.test(code) ? code : "";
  if (error instanceof Error && error.name === "TimeoutError") {
    return new KubeError("CLUSTER_TIMEOUT", "The API server did not answer in time.", { reason, cause: error });
  }
  const tls = TLS_SENTENCES[code];
  if (tls !== undefined) return new KubeError("CLUSTER_TLS", tls, { reason, cause: error });
  if (TLS_CODE.test(code))
    return new KubeError("CLUSTER_TLS", "No TLS connection to the API server could be made.", { reason, cause: error });
  return new KubeError("CLUSTER_UNREACHABLE", "The API server cannot be reached.", { reason, cause: error });
}

/** The first `max` bytes of a body as text; the rest is not read. */
export async function readText(response: Response, max: number): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  try {
    for await (const chunk of response.body ?? []) {
      bytes += chunk.byteLength;
      text += decoder.decode(chunk, { stream: true });
      if (bytes >= max) break;
    }
  } catch {
    // A body that breaks off: what came has to do.
  }
  return text;
}
