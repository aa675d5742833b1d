/** Where a text stands in another, whatever its case; no two of the places overlap. */
export function findText(text: string, wanted: string): { from: number; to: number }[] {
  if (wanted === "") return [];
  const pattern = new RegExp(wanted.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"), "giu");
  return [...text.matchAll(pattern)].map(({ index, 0: { length } }) => ({ from: index, to: index + length }));
}

export interface Piece {
  text: string;
  isFound: boolean;
}

/** A part of a text, cut where what was found begins and ends. */
export function pieces(text: string, part: { from: number; to: number }, wanted: string): Piece[] {
  const list: Piece[] = [];
  let at = part.from;
  const add = (to: number, isFound: boolean) => {
    if (to > at) list.push({ text: text.slice(at, to), isFound });
    at = Math.max(at, to);
  };
  for (const { from, to } of findText(text, wanted)) {
    add(Math.min(from, part.to), false);
    add(Math.min(to, part.to), true);
  }
  add(part.to, false);
  return list;
}
