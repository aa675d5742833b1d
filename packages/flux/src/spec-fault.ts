import { durationSeconds, isRecord, type Json } from "./object.ts";

/** A value of a spec that an API server would store, and that no controller could or should work with. */
export interface SpecFault {
  about: "duration" | "url";
  /** As `spec.chart.spec.interval`. */
  path: string;
  message: string;
}

/** How often something is done: zero would be without pause, or never. */
const PERIODS = [
  ["interval"],
  ["retryInterval"],
  ["chart", "spec", "interval"],
  ["install", "strategy", "retryInterval"],
  ["upgrade", "strategy", "retryInterval"],
] as const;
const TIMEOUTS = [
  ["timeout"],
  ["install", "timeout"],
  ["upgrade", "timeout"],
  ["rollback", "timeout"],
  ["uninstall", "timeout"],
  ["test", "timeout"],
] as const;
/** Go counts nanoseconds in 63 bits; what is longer breaks the controller's whole list, not only this object (CVE-2022-39272). */
const SECONDS_MAX = 2 ** 63 / 1e9;

const SCHEMES: Readonly<Record<string, readonly string[]>> = {
  GitRepository: ["http", "https", "ssh"],
  HelmRepository: ["http", "https", "oci"],
  OCIRepository: ["oci"],
};

/**
 * The first fault of what is to be written into a Flux object's spec; null when there is none.
 * @param changed first-level keys with their new values; null takes a key away
 */
export function specFault(kind: string, changed: Json): SpecFault | null {
  for (const [paths, mayBeZero] of [
    [PERIODS, false],
    [TIMEOUTS, true],
  ] as const)
    for (const path of paths) {
      const message = durationFault(valueAt(changed, path), mayBeZero);
      if (message !== null) return { about: "duration", path: `spec.${path.join(".")}`, message };
    }
  const schemes = Object.hasOwn(SCHEMES, kind) ? SCHEMES[kind] : undefined;
  const message = schemes === undefined ? null : urlFault(changed["url"], schemes);
  return message === null ? null : { about: "url", path: "spec.url", message };
}

function durationFault(value: unknown, mayBeZero: boolean): string | null {
  if (value === undefined || value === null) return null;
  const seconds = durationSeconds(value);
  if (seconds === null) return "must be a duration such as 10m or 1h30m";
  if (seconds >= SECONDS_MAX) return "is longer than a duration can be";
  return seconds === 0 && !mayBeZero ? "must be longer than nothing" : null;
}

function urlFault(value: unknown, schemes: readonly string[]): string | null {
  if (value === undefined || value === null) return null;
  const url = typeof value === "string" && !/[\s\p{Cc}]/u.test(value) && URL.canParse(value) ? new URL(value) : null;
  if (url === null || !schemes.includes(url.protocol.slice(0, -1)))
    return `must be a URL that begins with ${schemes.map((scheme) => `${scheme}://`).join(" or ")}`;
  // ssh takes a host or a user that begins with a dash for an option of its own.
  if (!/^[a-z0-9[]/i.test(url.hostname) || url.username.startsWith("-")) return "must name a host";
  if (url.password !== "" || (url.username !== "" && url.protocol !== "ssh:"))
    return "must not hold a user or a password: put them into the Secret that secretRef names";
  return null;
}

const valueAt = (value: unknown, path: readonly string[]): unknown =>
  path.reduce((below: unknown, key) => (isRecord(below) && Object.hasOwn(below, key) ? below[key] : undefined), value);
