import { apiVersionOf, resourceOfKind } from "../server/served-resources.ts";
import { type Design, isoSeconds, type Revision, type StoredObject } from "./revision.ts";

const EVENTS = resourceOfKind("Event");

/** What a Flux controller told about an object; its count and last time move while it tells the same again. */
export class EventDesign implements Design {
  readonly resource = EVENTS;
  readonly namespace: string;
  readonly name: string;
  readonly key: string;
  /** Of what it is about. */
  readonly #version: number;

  constructor(
    readonly about: StoredObject,
    readonly said: { type: "Normal" | "Warning"; reason: string; message: string },
    serial: number,
  ) {
    this.namespace = about.design.namespace;
    this.name = `${about.design.name}.${serial.toString(16).padStart(16, "0")}`;
    this.key = `${this.namespace}/${this.name}`;
    this.#version = about.latest.version;
  }

  render(revision: Revision): string {
    const { about, said, namespace, name } = this;
    const { design, uid } = about;
    const component = design.resource.controller ?? "flux";
    return JSON.stringify({
      kind: "Event",
      apiVersion: "v1",
      metadata: {
        ...{ name, namespace, uid: revision.object.uid, resourceVersion: String(revision.version) },
        creationTimestamp: isoSeconds(revision.object.createdAt),
      },
      involvedObject: {
        ...{ kind: design.resource.kind, namespace: design.namespace, name: design.name, uid },
        ...{ apiVersion: apiVersionOf(design.resource), resourceVersion: String(this.#version) },
      },
      ...said,
      source: { component },
      firstTimestamp: isoSeconds(revision.object.createdAt),
      lastTimestamp: isoSeconds(revision.at),
      count: revision.count,
      eventTime: null,
      reportingComponent: component,
      reportingInstance: "",
    });
  }
}
