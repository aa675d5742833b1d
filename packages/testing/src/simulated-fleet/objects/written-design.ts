import type { ServedResource } from "../server/served-resources.ts";
import { type Json, recordOf } from "./json.ts";
import type { Design, Revision } from "./revision.ts";
import { sharedSlot } from "./slots.ts";
import { entryMark, mark, rawMark, Template } from "./template.ts";

/** An object that says of itself what it is: one that was created by a request, or a part of the cluster's own. */
export class WrittenDesign implements Design {
  readonly namespace: string;
  readonly name: string;
  readonly key: string;
  readonly #looks: Readonly<Record<string, Template>>;

  /** @param looks the object by word; of a single look, under "Unknown" */
  constructor(
    readonly resource: ServedResource,
    looks: Readonly<Record<string, Json>>,
  ) {
    const [first] = Object.values(looks);
    const { namespace, name } = recordOf(first?.["metadata"]);
    this.namespace = typeof namespace === "string" ? namespace : "";
    this.name = String(name);
    this.key = `${this.namespace}/${this.name}`;
    this.#looks = Object.fromEntries(
      Object.entries(looks).map(([word, object]) => [
        word,
        new Template(JSON.stringify(this.#marked(object)), sharedSlot),
      ]),
    );
  }

  render(revision: Revision): string {
    return (this.#looks[revision.word] ?? this.#looks["Unknown"]!).render(revision);
  }

  #marked(object: Json): Json {
    const { annotations, ...metadata } = recordOf(object["metadata"]);
    return {
      ...object,
      metadata: {
        ...metadata,
        ...{ uid: mark("uid"), resourceVersion: mark("version"), creationTimestamp: mark("created") },
        ...(this.resource.group === "" ? {} : { generation: rawMark("generation") }),
        ...(annotations === undefined ? {} : { annotations: { [entryMark("stamp")]: 0, ...recordOf(annotations) } }),
      },
    };
  }
}
