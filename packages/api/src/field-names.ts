import type { z } from "zod";

/**
 * Every field name a schema declares, at any depth. What stands in a path of an input and is not among them is text of
 * the caller's own: a key of a record.
 */
export function fieldNames(schema: z.ZodType): ReadonlySet<string> {
  const known = cache.get(schema);
  if (known !== undefined) return known;
  const names = new Set<string>();
  collect(schema as unknown as Node, names);
  cache.set(schema, names);
  return names;
}
const cache = new WeakMap<z.ZodType, ReadonlySet<string>>();

/** A schema as Zod describes it: which of these it has depends on its type. */
interface Node {
  readonly def: {
    readonly shape?: Record<string, Node>;
    readonly element?: Node;
    readonly innerType?: Node;
    readonly valueType?: Node;
    readonly in?: Node;
    readonly out?: Node;
    readonly options?: readonly Node[];
    readonly items?: readonly Node[];
  };
}

function collect({ def }: Node, names: Set<string>): void {
  for (const [name, field] of Object.entries(def.shape ?? {})) {
    names.add(name);
    collect(field, names);
  }
  const inner = [def.element, def.innerType, def.valueType, def.in, def.out].filter((node) => node !== undefined);
  for (const node of [...inner, ...(def.options ?? []), ...(def.items ?? [])]) collect(node, names);
}
