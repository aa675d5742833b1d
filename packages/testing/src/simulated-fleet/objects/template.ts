import type { Revision } from "./revision.ts";

/** What stands in a text instead of something that changes. */
const MARK = "\u00a4";
/** A mark alone in a string; with `#` the quotes around it go too; as a key it takes its whole entry along. */
const MARKS = new RegExp(
  `"${MARK}:([^${MARK}]+)${MARK}":0(,?)|"${MARK}#([^${MARK}]+)${MARK}"|${MARK}([^${MARK}]+)${MARK}`,
  "g",
);

export const mark = (name: string): string => `${MARK}${name}${MARK}`;
/** Becomes a number or any other JSON instead of a string. */
export const rawMark = (name: string): string => `${MARK}#${name}${MARK}`;
/** A key, with the value 0: becomes a whole entry, or nothing. */
export const entryMark = (name: string): string => `${MARK}:${name}${MARK}`;

/** What a mark stands for in one revision of an object. */
export type Slot = (revision: Revision) => string | number;

/** JSON text with gaps: written once for all clusters that have the object, filled in for each of its revisions. */
export class Template {
  readonly #texts: readonly string[];
  readonly #slots: readonly Slot[];

  constructor(json: string, slotOf: (name: string) => Slot) {
    const texts: string[] = [];
    const slots: Slot[] = [];
    let end = 0;
    for (const match of json.matchAll(MARKS)) {
      const [whole, entry, comma, raw, name] = match;
      texts.push(json.slice(end, match.index));
      end = match.index + whole.length;
      if (entry === undefined) slots.push(slotOf((raw ?? name)!));
      else {
        const slot = slotOf(entry);
        slots.push((revision) => {
          const text = slot(revision);
          return text === "" ? "" : `${text}${comma}`;
        });
      }
    }
    texts.push(json.slice(end));
    this.#texts = texts;
    this.#slots = slots;
  }

  render(revision: Revision): string {
    const texts = this.#texts;
    const slots = this.#slots;
    let text = texts[0]!;
    for (let i = 0; i < slots.length; i++) text += slots[i]!(revision) + texts[i + 1]!;
    return text;
  }
}
