import type { Planned, SeededWord } from "../../seed/plan.ts";
import { assemble, SEEDED_LABEL } from "../../seed/seeded-objects.ts";
import { revisionOf } from "../../seed/sources.ts";
import type { World } from "../../seed/world.ts";
import type { ServedResource } from "../server/served-resources.ts";
import { conditionsWhile } from "./conditions-while.ts";
import { isRecord, type Json, recordOf } from "./json.ts";
import { fieldsOf } from "./managed-fields.ts";
import type { Design, Revision } from "./revision.ts";
import { slotsOf } from "./slots.ts";
import { entryMark, mark, rawMark, Template } from "./template.ts";

/** What a word of an object looks like. */
interface Look {
  /** The object, with a gap for its conditions. */
  readonly whole: Template;
  readonly conditions: Template;
  /** The verdict alone, and what stands beside it. */
  readonly ready: Template | undefined;
  readonly beside: Template;
}

/** A Flux object that many clusters have, and how it looks in each situation. */
export class FluxDesign implements Design {
  readonly planned: Planned;
  readonly resource: ServedResource;
  readonly key: string;
  readonly #spec: Json;
  readonly #looks = new Map<SeededWord, Look>();
  /** Where its revision comes from; undefined for what has none or is a source itself. */
  source: FluxDesign | undefined;
  /** What has to be Ready before it is applied. */
  dependsOn: FluxDesign | undefined;

  constructor(
    readonly given: {
      /** Its place in the blueprint. */
      index: number;
      seed: number;
      planned: Planned;
      resource: ServedResource;
      apiVersion: string;
      world: World;
      dependsOn: FluxDesign | undefined;
    },
  ) {
    this.planned = given.planned;
    this.resource = given.resource;
    this.key = `${given.planned.namespace}/${given.planned.name}`;
    this.dependsOn = given.dependsOn;
    this.#spec = this.#specOf(assemble(this.planned, given.world, given.apiVersion)["spec"] ?? {});
  }

  get namespace(): string {
    return this.planned.namespace;
  }
  get name(): string {
    return this.planned.name;
  }
  get kind(): string {
    return this.planned.kind;
  }

  get spec(): Json {
    return this.#spec;
  }
  /** What it applied, as its inventory names it: `namespace_name_group_kind`. */
  get inventory(): readonly string[] {
    const { planned, given } = this;
    const { entries } = recordOf(recordOf(assemble(planned, given.world, given.apiVersion)["status"])["inventory"]);
    return Array.isArray(entries) ? entries.map((entry) => String(recordOf(entry)["id"])) : [];
  }

  /** Finds what its spec names. */
  connect(find: (kind: string, namespace: string, name: string) => FluxDesign | undefined): void {
    const spec = this.#spec;
    const chart = recordOf(recordOf(spec["chart"])["spec"]);
    const ref = recordOf(spec["sourceRef"] ?? spec["chartRef"]);
    const named = (one: Json, kind = String(one["kind"])) =>
      find(kind, String(one["namespace"] ?? this.namespace), String(one["name"]));
    if (this.kind === "HelmRelease" && chart["chart"] !== undefined) {
      const counterpart = this.planned.counterpart;
      this.source = counterpart && find("HelmChart", counterpart.namespace, counterpart.name);
    } else if (this.kind === "Kustomization" || this.kind === "HelmRelease") this.source = named(ref);
    else if (this.kind === "ExternalArtifact") this.source = named(ref);
    else if (this.kind === "ArtifactGenerator" && Array.isArray(spec["sources"]))
      this.source = named(recordOf(spec["sources"][0]));
    const [first] = Array.isArray(spec["dependsOn"]) ? spec["dependsOn"] : [];
    if (isRecord(first)) this.dependsOn = named(first, this.kind);
  }

  render(revision: Revision): string {
    return this.#look(revision.word).whole.render(revision);
  }

  /** Reason and message of the verdict that stands. */
  verdict(revision: Revision): { reason: string; message: string } {
    const ready = this.#look(revision.word).ready;
    return ready === undefined ? { reason: "Progressing", message: "" } : JSON.parse(ready.render(revision));
  }

  #conditions(revision: Revision): string {
    const settled = this.#look(revision.word);
    if (revision.shown === "settled") return settled.conditions.render(revision);
    if (revision.shown === "ended") return this.#look(revision.next).conditions.render(revision);
    return conditionsWhile(revision, this, {
      ready: settled.ready?.render(revision) ?? "",
      beside: settled.beside.render(revision),
    });
  }

  /** What it attempts, as its status names it. */
  revisionName(revision: Revision): string {
    this.#name ??= new Template(this.revisionMark("attempted"), this.#slot);
    return this.#name.render(revision);
  }
  #name: Template | undefined;

  /** The same with gaps; `applied` is the one before while another is attempted. */
  revisionMark(which: "attempted" | "applied"): string {
    const { world } = this.given;
    const source = this.source ?? this;
    const name = revisionOf(source.planned, world);
    return which === "attempted"
      ? name
      : name
          .replaceAll("/commit/", "/applied commit/")
          .replaceAll("/manifest/", "/applied manifest/")
          .replaceAll("/content/", "/applied content/");
  }

  #specOf(spec: Json): Json {
    const { planned, dependsOn } = this;
    const chart = recordOf(spec["chart"]);
    return {
      ...spec,
      ...(dependsOn === undefined ? {} : { dependsOn: [{ name: dependsOn.name }] }),
      ...(planned.kind !== "HelmRelease" || planned.word === "Stalled"
        ? {}
        : { upgrade: { remediation: { retries: 3 } } }),
      // A range: which version it means is the chart's matter, and changes without the spec.
      ...(chart["spec"] === undefined
        ? {}
        : { chart: { spec: { ...recordOf(chart["spec"]), version: rangeOf(recordOf(chart["spec"])["version"]) } } }),
      ...(planned.kind === "HelmChart" ? { version: rangeOf(spec["version"]) } : {}),
    };
  }

  #look(word: SeededWord): Look {
    const known = this.#looks.get(word);
    if (known !== undefined) return known;
    const { world, apiVersion } = this.given;
    const object = assemble({ ...this.planned, word }, world, apiVersion);
    const status: Json | undefined = object.status;
    const conditions = (Array.isArray(status?.["conditions"]) ? status["conditions"] : []) as Json[];
    const whole = {
      ...object,
      metadata: this.#metadata(object.metadata, word),
      spec: object["spec"]?.["suspend"] === true ? { ...this.#spec, suspend: true } : this.#spec,
      ...(status === undefined ? {} : { status: this.#statusOf(status, word) }),
    };
    const template = (value: unknown) => new Template(this.#worded(JSON.stringify(value)), this.#slot);
    const list = (some: Json[]) => template(some.map((condition) => this.#conditionOf(condition)));
    const ready = conditions.find(({ type }) => type === "Ready");
    const look: Look = {
      whole: template(whole),
      conditions: list(conditions),
      ready: ready && template(this.#conditionOf(ready)),
      beside: list(conditions.filter(({ type }) => type !== "Ready" && type !== "Reconciling" && type !== "Stalled")),
    };
    this.#looks.set(word, look);
    return look;
  }

  #slot = slotsOf(this, (revision) => this.#conditions(revision));

  #metadata(metadata: Json, word: SeededWord): Json {
    const { [SEEDED_LABEL]: _, ...labels } = recordOf(metadata["labels"]);
    const manager = this.resource.group === "fluxcd.controlplane.io" ? "flux-operator" : `gotk-${this.#controller}`;
    const entry = (by: string, operation: string, fieldsV1: Json, more: Json = {}) => ({
      ...{ apiVersion: this.given.apiVersion, fieldsType: "FieldsV1", fieldsV1, manager: by, operation },
      ...{ time: mark("created"), ...more },
    });
    const status = { "f:conditions": {}, "f:observedGeneration": {} };
    return {
      ...{ name: this.name, namespace: this.namespace, uid: mark("uid"), resourceVersion: mark("version") },
      ...{ generation: rawMark("generation"), creationTimestamp: mark("created") },
      ...(word === "Terminating" ? { deletionTimestamp: mark("at"), deletionGracePeriodSeconds: 0 } : {}),
      finalizers: ["finalizers.fluxcd.io"],
      labels,
      annotations: { [entryMark("stamp")]: 0, ...recordOf(metadata["annotations"]) },
      managedFields: [
        entry("kustomize-controller", "Apply", {
          "f:metadata": { "f:labels": fieldsOf(labels) },
          "f:spec": fieldsOf(this.#spec),
        }),
        entry(manager, "Update", { "f:metadata": { "f:finalizers": { ".": {}, 'v:"finalizers.fluxcd.io"': {} } } }),
        entry(manager, "Update", { "f:status": status }, { subresource: "status", time: mark("at") }),
      ],
    };
  }

  get #controller(): string {
    const { group } = this.resource;
    return `${group.split(".")[0]}-controller`;
  }

  #statusOf(status: Json, word: SeededWord): Json {
    const { conditions, history, ...rest } = status;
    const [newest, ...older] = Array.isArray(history) ? (history as Json[]) : [];
    return {
      ...(conditions === undefined ? {} : { conditions: rawMark("conditions") }),
      ...(newest === undefined
        ? {}
        : {
            history: [
              this.#historyEntry(newest, "count"),
              ...older.map((entry) => this.#historyEntry(entry, "count before")),
            ],
          }),
      ...rest,
      ...(rest["observedGeneration"] === 1 ? { observedGeneration: rawMark("observed") } : {}),
      ...(typeof rest["failures"] === "number" ? { failures: rawMark("failures") } : {}),
      ...(typeof rest["upgradeFailures"] === "number" ? { upgradeFailures: rawMark("failures") } : {}),
      ...(rest["lastAppliedRevision"] === undefined || word === "Failed" || this.kind !== "Kustomization"
        ? {}
        : { lastAppliedRevision: this.revisionMark("applied") }),
    };
  }

  #historyEntry(entry: Json, count: string): Json {
    return {
      ...entry,
      ...(entry["totalReconciliations"] === undefined ? {} : { totalReconciliations: rawMark(count) }),
      ...(typeof entry["version"] === "number" ? { version: rawMark(count) } : {}),
      ...(entry["firstDeployed"] === undefined ? {} : { firstDeployed: mark("created") }),
      ...(entry["firstReconciled"] === undefined ? {} : { firstReconciled: mark("created") }),
    };
  }

  #conditionOf(condition: Json): Json {
    const waitsFor = this.dependsOn;
    const message = String(condition["message"]);
    return {
      ...condition,
      ...(condition["observedGeneration"] === 1 ? { observedGeneration: rawMark("observed") } : {}),
      ...(waitsFor !== undefined && message.startsWith("dependency '")
        ? { message: `dependency '${waitsFor.namespace}/${waitsFor.name}' is not ready` }
        : {}),
    };
  }

  /** Marks what the builders wrote as a number or a name of their own. */
  #worded(json: string): string {
    const before = `main@sha1:${mark(`revision/${this.given.index}/commit before/40`)}`;
    return json
      .replaceAll(before, this.revisionMark("applied"))
      .replace(/\.v\d+ with chart ([a-z-]+)@\d+\.(\d+\.\d+)/g, `.v${mark("count")} with chart $1@${mark("chart")}`)
      .replace(/(release [a-z0-9-]+\/[a-z0-9-]+) with chart ([a-z-]+)@[\d.]+/g, `$1 with chart $2@${mark("chart")}`)
      .replace(/"(chartVersion|appVersion|lastAttemptedRevision)":"\d+\.\d+\.\d+"/g, `"$1":"${mark("chart")}"`)
      .replace(/pulled '([a-z-]+)' chart with version '[\d.]+'/g, `pulled '$1' chart with version '${mark("chart")}'`)
      .replace(/"revision":"\d+\.\d+\.\d+"/g, `"revision":"${mark("chart")}"`)
      .replace(/-\d+\.\d+\.\d+\.tgz/g, `-${mark("chart")}.tgz`);
  }
}

const rangeOf = (version: unknown): string => `${String(version).split(".")[0]}.x`;
