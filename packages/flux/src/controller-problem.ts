import type { FluxController } from "./controller.ts";
import { kindsOfController } from "./reconciled-by.ts";

/** The code of a cluster's problem when it is read well, but its Flux controllers do not run. */
export const CONTROLLER_UNAVAILABLE = "CONTROLLER_UNAVAILABLE";

type Instance = Pick<
  FluxController,
  "namespace" | "name" | "controller" | "desired" | "available" | "state" | "selector"
>;

/**
 * What is wrong with the Flux controllers of a cluster, in words, and what to do; null when all are available.
 * @param missing names of controllers that should be there, for objects of their kinds are
 */
export function controllerProblem(
  controllers: readonly Instance[],
  missing: readonly string[] = [],
): { message: string; hint: string } | null {
  const down = controllers.filter(({ state }) => state !== "available");
  const [first] = down;
  if (first === undefined) {
    const [name] = missing;
    return name === undefined ? null : isMissing(name, missing);
  }
  if (down.length + missing.length === 1)
    return { message: `${first.name} in ${first.namespace} ${has(first)}: ${consequence(first)}`, hint: remedy(first) };
  const names = [...down.map(({ name }) => name), ...missing];
  return {
    message: `${names.length} Flux controllers do not run (${names.join(", ")}): ${nobody(names, down)}`,
    hint: remedy(first),
  };
}

function isMissing(name: string, missing: readonly string[]): { message: string; hint: string } {
  const message =
    missing.length === 1
      ? `There is no ${name}: ${list(kindsOfController(name))} are not reconciled.`
      : `${missing.length} Flux controllers are not there (${missing.join(", ")}): ${nobody(missing, [])}`;
  return { message, hint: "Install it again with the way Flux was installed, or remove the objects." };
}

const has = ({ desired, available, state }: Instance): string =>
  state === "scaled-down" ? "is scaled to 0 replicas" : `has ${available} of ${desired} replicas`;

const consequence = ({ controller, selector }: Instance): string => {
  const kinds = list(kindsOfController(controller));
  return selector === null ? `${kinds} there are not reconciled.` : `${kinds} with ${selector} are not reconciled.`;
};

function nobody(names: readonly string[], down: readonly Instance[]): string {
  const controllers = new Set([...names, ...down.map(({ controller }) => controller)]);
  const kinds = [...controllers].flatMap(kindsOfController);
  return `${list(kinds)} are not reconciled.`;
}

const remedy = ({ namespace, name, state }: Instance): string =>
  state === "scaled-down"
    ? `Scale it up again when it is time: kubectl -n ${namespace} scale deployment/${name} --replicas=1`
    : `See why its pods do not run: kubectl -n ${namespace} describe deployment/${name}`;

/** `Kustomizations`, `GitRepositories and Buckets`, `A, B and C`. */
function list(kinds: readonly string[]): string {
  const plurals = kinds.map((kind) => (kind.endsWith("y") ? `${kind.slice(0, -1)}ies` : `${kind}s`));
  return plurals.length < 2 ? plurals.join() : `${plurals.slice(0, -1).join(", ")} and ${plurals.at(-1)}`;
}
