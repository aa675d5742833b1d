import { isRecord, type Json, listOf, recordOf, textOf } from "@flux-orchestrator/flux";
import type { ServedKind } from "./discovery.ts";
import { KubeError } from "./kube-error.ts";
import type { Transport } from "./transport.ts";

/** Any kind an API server serves, Flux's or not, at the version it prefers. */
export interface ApiResource extends ServedKind {
  /** What can be asked for below one object: `status`, `scale`, `log`. */
  subresources: readonly string[];
}

const ACCEPT = ["v2", "v2beta1"]
  .map((version) => `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`)
  .concat("application/json")
  .join(",");
/** They become parts of paths. */
const GROUP = /^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*)?$/;
const VERSION = /^v\d{1,3}((alpha|beta)\d{1,3})?$/;
const PLURAL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
/** Milliseconds: by then a kind may be served at another version. */
const MAX_AGE_MS = 5 * 60_000;
/** What an API server answers for an aggregated one that is down, or that was just taken away. */
const DOWN: ReadonlySet<number> = new Set([404, 503]);
/** Group versions of an old server that are asked for at a time. */
const PARALLEL = 8;

/**
 * Every kind of an API server, looked up once per transport and five minutes. One that is not among them is looked for anew,
 * so that a kind is there as soon as it is installed.
 */
export class ApiResources {
  static readonly #known = new WeakMap<Transport, ApiResources>();
  #looked: { at: number; kinds: Promise<readonly ApiResource[]> } | undefined;

  constructor(
    readonly transport: Transport,
    readonly now: () => number = Date.now,
  ) {}

  /** Those of a transport, shared by everybody who asks through it. */
  static of(transport: Transport): ApiResources {
    const known = ApiResources.#known.get(transport) ?? new ApiResources(transport);
    ApiResources.#known.set(transport, known);
    return known;
  }

  /** @throws KubeError */
  all(): Promise<readonly ApiResource[]> {
    const looked = this.#looked;
    return looked !== undefined && this.now() - looked.at < MAX_AGE_MS ? looked.kinds : this.#look();
  }

  /**
   * The kinds of a name, one of each group that has it unless the group is given; none when it is not served.
   * @throws KubeError
   */
  async named(kind: string, group?: string): Promise<readonly ApiResource[]> {
    const wanted = (kinds: readonly ApiResource[]) =>
      kinds.filter((one) => one.kind === kind && (group === undefined || one.group === group));
    const before = this.#looked;
    const asked = this.all();
    const known = wanted(await asked);
    if (known.length > 0 || before?.kinds !== asked) return known;
    // Whoever else missed something meanwhile has looked already.
    return wanted(await (this.#looked === before ? this.#look() : this.all()));
  }

  #look(): Promise<readonly ApiResource[]> {
    const looked = { at: this.now(), kinds: discoverKinds(this.transport) };
    this.#looked = looked;
    looked.kinds.catch(() => {
      if (this.#looked === looked) this.#looked = undefined;
    });
    return looked.kinds;
  }
}

/**
 * Every kind of an API server, each at the version it prefers. Two requests from Kubernetes 1.27 on; on older servers one more
 * for each group version, where those that do not answer (an aggregated API that is down) are left out.
 *
 * @throws KubeError; NOT_KUBERNETES when the answer is none
 */
export async function discoverKinds(transport: Transport): Promise<ApiResource[]> {
  const [core, others] = await Promise.all([readGroups(transport, "/api"), readGroups(transport, "/apis")]);
  return preferred([...core, ...others]);
}

/**
 * The kinds below a root, or of some of its groups, which then have to answer; each at every version, the preferred one first.
 * @throws KubeError; NOT_KUBERNETES when the answer is none
 */
export async function readGroups(
  transport: Transport,
  root: "/api" | "/apis",
  groups?: ReadonlySet<string>,
): Promise<ApiResource[]> {
  const wanted = ({ group }: { group: string }) => groups === undefined || groups.has(group);
  const document = await transport.json<Json>(root, { headers: { accept: ACCEPT } });
  switch (document.kind) {
    case "APIGroupDiscoveryList":
      return fromAggregated(document).filter(wanted);
    case "APIGroupList":
      return fromVersions(transport, versionsOfGroups(document).filter(wanted), groups === undefined);
    case "APIVersions":
      return fromVersions(
        transport,
        listOf(document.versions).map((version) => ({ group: "", version: String(version) })),
        false,
      );
    default:
      throw new KubeError("NOT_KUBERNETES", "What answers at this address is not a Kubernetes API server.", {
        status: 200,
      });
  }
}

/** The first of each kind: versions come in the cluster's order of preference. */
export function preferred<K extends ServedKind>(kinds: readonly K[]): K[] {
  const first = new Map<string, K>();
  for (const kind of kinds) {
    const name = `${kind.plural}.${kind.group}`;
    if (!first.has(name) && GROUP.test(kind.group) && VERSION.test(kind.version) && PLURAL.test(kind.plural))
      first.set(name, kind);
  }
  return [...first.values()];
}

function fromAggregated(document: Json): ApiResource[] {
  return recordsOf(document.items)
    .map((item) => ({ group: textOf(recordOf(item.metadata).name) ?? "", versions: recordsOf(item.versions) }))
    .flatMap(({ group, versions }) =>
      versions.flatMap(({ version, resources }) =>
        recordsOf(resources).map(({ resource, scope, responseKind, verbs, subresources }) => ({
          group,
          version: textOf(version) ?? "",
          plural: textOf(resource) ?? "",
          kind: textOf(recordOf(responseKind).kind) ?? "",
          namespaced: scope !== "Cluster",
          verbs: listOf(verbs).map(String),
          subresources: recordsOf(subresources).map(({ subresource }) => textOf(subresource) ?? ""),
        })),
      ),
    );
}

const versionsOfGroups = (document: Json): GroupVersion[] =>
  recordsOf(document.groups).flatMap((group) =>
    recordsOf(group.versions).map(({ version }) => ({
      group: textOf(group.name) ?? "",
      version: textOf(version) ?? "",
    })),
  );

interface GroupVersion {
  group: string;
  version: string;
}

async function fromVersions(
  transport: Transport,
  versions: readonly GroupVersion[],
  mayBeDown: boolean,
): Promise<ApiResource[]> {
  const usable = versions.filter(({ group, version }) => GROUP.test(group) && VERSION.test(version));
  const found: ApiResource[][] = usable.map(() => []);
  const waiting = [...usable.entries()];
  const read = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
      found[next[0]] = await fromVersion(transport, next[1]).catch((error: unknown) => {
        if (mayBeDown && error instanceof KubeError && error.status !== undefined && DOWN.has(error.status)) return [];
        throw error;
      });
  };
  await Promise.all(Array.from({ length: Math.min(PARALLEL, waiting.length) }, read));
  return found.flat();
}

async function fromVersion(transport: Transport, { group, version }: GroupVersion): Promise<ApiResource[]> {
  const path = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
  const { resources } = await transport.json<Json>(path);
  const listed = recordsOf(resources).map((resource) => ({ ...resource, name: textOf(resource.name) ?? "" }));
  // Subresources stand beside the kinds, with a slash in their names.
  const below = listed.flatMap(({ name }) => (name.includes("/") ? [name.split("/", 2) as [string, string]] : []));
  return listed
    .filter(({ name }) => !name.includes("/"))
    .map(({ name, kind, namespaced, verbs }: Json & { name: string }) => ({
      group,
      version,
      plural: name,
      kind: textOf(kind) ?? "",
      namespaced: namespaced !== false,
      verbs: listOf(verbs).map(String),
      subresources: below.flatMap(([plural, subresource]) => (plural === name ? [subresource] : [])),
    }));
}

/** What an API server sends is believed to be of a form only where it is looked at. */
const recordsOf = (value: unknown): Json[] => listOf(value).filter(isRecord);
