import { isRecord, type Json } from "../objects/json.ts";
import { badRequest, StatusError } from "./status.ts";

/**
 * The merge patch that does what the operations of a JSON patch do to an object. A null within a value is lost: a merge patch
 * cannot say it.
 *
 * @throws StatusError 422 for a place that is not there, 400 for what is no operation known here
 * @see RFC 6902
 */
export function mergePatchOf(object: Json, operations: readonly unknown[]): Json {
  const after = structuredClone(object);
  for (const operation of operations) apply(after, operation);
  return difference(object, after);
}

function apply(object: Json, operation: unknown): void {
  if (!isRecord(operation) || typeof operation["path"] !== "string") throw badRequest("invalid JSON patch");
  const { op, path, value } = operation;
  const steps = path
    .split("/")
    .slice(1)
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
  const last = steps.pop();
  let holder: unknown = object;
  for (const step of steps) holder = isRecord(holder) ? holder[step] : undefined;
  if (last === undefined || !isRecord(holder) || (op !== "add" && !Object.hasOwn(holder, last)))
    throw new StatusError(422, "Invalid", "the server rejected our request due to an error in our request");
  if (op === "remove") delete holder[last];
  else if (op === "add" || op === "replace") holder[last] = value;
  else throw badRequest("unexpected kind of operation");
}

function difference(before: Json, after: Json): Json {
  const patch: Json = {};
  for (const key of Object.keys(before)) if (!Object.hasOwn(after, key)) patch[key] = null;
  for (const [key, value] of Object.entries(after)) {
    const was = before[key];
    if (Bun.deepEquals(was, value)) continue;
    patch[key] = isRecord(was) && isRecord(value) ? difference(was, value) : value;
  }
  return patch;
}
