import { isRecord, type Json, type KubeObject, listOf, recordOf, textOf } from "./object.ts";

/**
 * One step of the way to a field: a key, an entry of a list by what identifies it (`{ name: "web" }`), by its value (of a set) or
 * by its place.
 */
export type FieldStep = { key: string } | { entry: Json } | { value: unknown } | { index: number };
export type FieldPath = readonly FieldStep[];

/** Who wrote a field last, as `metadata.managedFields` has it. */
export interface FieldManager {
  name: string;
  operation: "Apply" | "Update";
  /** ISO 8601; null where the API server did not say. */
  at: string | null;
}

/** A field and everybody who owns it. */
export interface OwnedField {
  path: FieldPath;
  managers: readonly FieldManager[];
}

/**
 * Every field of an object that somebody owns, but for its status, down to the last one each of them owns. Entries of other
 * formats than FieldsV1 are left out.
 *
 * @see https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management
 */
export class FieldOwners {
  readonly #fields = new Map<string, { path: FieldPath; managers: FieldManager[] }>();
  /** By path of a list, how its entries are named. */
  readonly #entries = new Map<string, FieldStep[]>();

  constructor(object: KubeObject) {
    for (const entry of listOf(object.metadata.managedFields).map(recordOf)) {
      if (entry.subresource === "status" || entry.fieldsType !== "FieldsV1") continue;
      const operation = entry.operation === "Apply" ? "Apply" : "Update";
      const manager = { name: textOf(entry.manager) ?? "unknown", operation, at: textOf(entry.time) } as const;
      this.#read(recordOf(entry.fieldsV1), [], manager);
    }
  }

  /** In a fixed order. */
  get fields(): OwnedField[] {
    return [...this.#fields].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, field]) => field);
  }

  /** Who owns a field, or something that it is a part of: what somebody wrote as a whole is theirs to the last leaf. */
  of(path: FieldPath): readonly FieldManager[] {
    for (let length = path.length; length > 0; length--) {
      const owned = this.#fields.get(pathText(path.slice(0, length)));
      if (owned !== undefined) return owned.managers;
    }
    return [];
  }

  /** How an entry of a list is named by who wrote it; undefined when nobody did. */
  entryAt(list: FieldPath, entry: Json | undefined): FieldStep | undefined {
    if (entry === undefined) return undefined;
    return this.#entries
      .get(pathText(list))
      ?.find((step) => "entry" in step && Object.entries(step.entry).every(([key, value]) => entry[key] === value));
  }

  #read(fields: Json, path: FieldPath, manager: FieldManager): void {
    for (const key in fields) {
      const step = stepOf(key);
      if (step === null || (path.length === 0 && key === "f:status")) continue;
      const at = [...path, step];
      if ("entry" in step) this.#entries.set(pathText(path), [...(this.#entries.get(pathText(path)) ?? []), step]);
      const below = recordOf(fields[key]);
      const isLeaf = Object.keys(below).every((part) => part === ".");
      if (isLeaf) this.#own(at, manager);
      else this.#read(below, at, manager);
    }
  }

  #own(path: FieldPath, manager: FieldManager): void {
    const text = pathText(path);
    const field = this.#fields.get(text) ?? { path, managers: [] };
    field.managers.push(manager);
    this.#fields.set(text, field);
  }
}

/** `f:name`, `k:{"name":"web"}`, `v:"finalizer"`, `i:0`; null for `.` and what is none of them. */
function stepOf(key: string): FieldStep | null {
  const rest = key.slice(2);
  if (key.startsWith("f:")) return { key: rest };
  const value = parsed(rest);
  if (key.startsWith("k:") && isRecord(value)) return { entry: value };
  if (key.startsWith("v:") && value !== undefined) return { value };
  if (key.startsWith("i:") && typeof value === "number") return { index: value };
  return null;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** As in `spec.template.spec.containers[name=web].image`; the same for the same field, whatever way it was found. */
export const pathText = (path: FieldPath): string => path.map(stepText).join("").replace(/^\./, "");

function stepText(step: FieldStep): string {
  if ("key" in step) return /^[A-Za-z0-9_-]+$/.test(step.key) ? `.${step.key}` : `[${JSON.stringify(step.key)}]`;
  if ("index" in step) return `[${step.index}]`;
  if ("value" in step) return `[=${JSON.stringify(step.value)}]`;
  const keys = Object.keys(step.entry).sort();
  return `[${keys.map((key) => `${key}=${String(step.entry[key])}`).join(",")}]`;
}

/** What stands at a path of an object; undefined when nothing does. */
export function valueAt(object: unknown, path: FieldPath): unknown {
  let value: unknown = object;
  for (const step of path) {
    if ("key" in step) value = isRecord(value) && Object.hasOwn(value, step.key) ? value[step.key] : undefined;
    else if ("index" in step) value = listOf(value)[step.index];
    else if ("value" in step) value = listOf(value).find((one) => JSON.stringify(one) === JSON.stringify(step.value));
    else
      value = listOf(value).find(
        (one) => isRecord(one) && Object.entries(step.entry).every(([key, is]) => one[key] === is),
      );
    if (value === undefined) return undefined;
  }
  return value;
}
