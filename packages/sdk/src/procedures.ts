import type { Call, CallOptions } from "./call.ts";

/**
 * `procedures.cluster.list.query(input)` becomes a call of the query `cluster.list`. Which procedures there are is known
 * to the types only.
 */
export function proceduresOf(
  call: Call,
  own: Readonly<Record<string, unknown>>,
  path: readonly string[] = [],
): unknown {
  return new Proxy(() => {}, {
    get(_target, key) {
      // Whoever awaits a value asks it for `then` first; none of these is a promise.
      if (typeof key === "symbol" || key === "then") return undefined;
      return path.length === 0 && Object.hasOwn(own, key) ? own[key] : proceduresOf(call, own, [...path, key]);
    },
    apply(_target, _this, [input, options]: [unknown, CallOptions | undefined]) {
      const verb = path.at(-1);
      if (verb !== "query" && verb !== "mutate") throw new TypeError(`${path.join(".")} is no call of this client`);
      const procedure = path.slice(0, -1).join(".");
      return call(verb === "query" ? "query" : "mutation", procedure, { input, ...(options ? { options } : {}) });
    },
  });
}
