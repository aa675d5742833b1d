/** How a body can be encoded besides as it is. */
export type Coding = "zstd" | "br" | "gzip";

/** What a client takes, by the weights it gave (RFC 9110 §12.5.3). */
export interface Accepted<C extends Coding> {
  /** The coding it likes best of those that are offered; null when it takes none of them, or likes the body better as it is. */
  readonly best: C | null;
  /** Whether it takes the body as it is. */
  readonly identity: boolean;
}

/** `gzip`, `gzip;q=0.5`, `*;q=0`; weights have three digits at most. */
const ELEMENT = /^([!#$%&'*+.^_`|~0-9a-z-]+)(?:[ \t]*;[ \t]*q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?))?$/;

/**
 * Judges an `Accept-Encoding` header. Without one the body stays as it is. Between equals the first that is offered wins, and
 * any coding before none; an element that cannot be read counts as absent.
 */
export function acceptedCoding<C extends Coding>(header: string | null, offered: readonly C[]): Accepted<C> {
  const weights = new Map<string, number>();
  for (const element of (header ?? "").toLowerCase().split(",")) {
    const [, name, weight] = ELEMENT.exec(element.trim()) ?? [];
    if (name !== undefined) weights.set(name === "x-gzip" ? "gzip" : name, Number(weight ?? 1));
  }
  const others = weights.get("*");
  const [best] = offered
    .map((coding) => ({ coding, weight: weights.get(coding) ?? others ?? 0 }))
    .sort((one, other) => other.weight - one.weight);
  // Not listed, it is acceptable and liked least; only a star of weight 0 takes it away.
  const identity = weights.get("identity") ?? (others === 0 ? 0 : Number.MIN_VALUE);
  const wins = best !== undefined && best.weight > 0 && best.weight >= identity;
  return { best: wins ? best.coding : null, identity: identity > 0 };
}
