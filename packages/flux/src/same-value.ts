import { isRecord } from "./object.ts";

/**
 * Whether two values of Kubernetes objects mean the same: the API server writes quantities anew (`0.1` as `100m`, `1024Mi` as
 * `1Gi`), leaves empty values out, and fills values in that were not given.
 */
export function sameValue(desired: unknown, live: unknown): boolean {
  if (desired === live) return true;
  if (live === undefined || live === null) return isEmpty(desired);
  if (Array.isArray(desired))
    return (
      Array.isArray(live) && desired.length === live.length && desired.every((one, at) => sameValue(one, live[at]))
    );
  if (isRecord(desired))
    return isRecord(live) && Object.keys(desired).every((key) => sameValue(desired[key], live[key]));
  const [one, other] = [quantityOf(desired), quantityOf(live)];
  return (
    one !== null && other !== null && Math.abs(one - other) <= Number.EPSILON * Math.max(Math.abs(one), Math.abs(other))
  );
}

function isEmpty(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  if (isRecord(value)) return Object.values(value).every(isEmpty);
  return value === undefined || value === null || value === "" || value === false || value === 0;
}

const UNITS: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  "": 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** Kubernetes' quantities and plain numbers; null for anything else. @see https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/ */
function quantityOf(value: unknown): number | null {
  if (typeof value === "number") return value;
  if (typeof value !== "string") return null;
  const [, number, unit = ""] =
    /^([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)([numkMGTPE]|[KMGTPE]i)?$/.exec(value) ?? [];
  return number === undefined ? null : Number(number) * UNITS[unit]!;
}
