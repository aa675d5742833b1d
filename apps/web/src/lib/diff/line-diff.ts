/** One line of a unified diff. */
export interface DiffLine {
  /** `-` only before, `+` only after, a blank in both. */
  sign: "-" | "+" | " ";
  text: string;
}
/** Lines that are shown, or a run of equal ones that is not. */
export type DiffPart = { lines: DiffLine[]; isFolded: boolean };

/** Beyond so many pairs of lines what differs is one block: comparing takes the square of it. */
const PAIRS_MAX = 250_000;
/** Equal lines that stay beside what differs. */
const CONTEXT = 3;

/** The lines of two texts in one list, with as few differing as there can be. */
export function lineDiff(before: readonly string[], after: readonly string[]): DiffLine[] {
  let head = 0;
  while (head < before.length && head < after.length && before[head] === after[head]) head++;
  let tail = 0;
  while (
    tail < before.length - head &&
    tail < after.length - head &&
    before[before.length - 1 - tail] === after[after.length - 1 - tail]
  )
    tail++;
  const same = (lines: readonly string[]): DiffLine[] => lines.map((text) => ({ sign: " ", text }));
  return [
    ...same(before.slice(0, head)),
    ...middle(before.slice(head, before.length - tail), after.slice(head, after.length - tail)),
    ...same(before.slice(before.length - tail)),
  ];
}

function middle(before: readonly string[], after: readonly string[]): DiffLine[] {
  if (before.length * after.length > PAIRS_MAX)
    return [
      ...before.map((text): DiffLine => ({ sign: "-", text })),
      ...after.map((text): DiffLine => ({ sign: "+", text })),
    ];
  const width = after.length + 1;
  /** Longest common rest from each pair of places. */
  const rest = new Uint32Array((before.length + 1) * width);
  for (let i = before.length - 1; i >= 0; i--)
    for (let j = after.length - 1; j >= 0; j--)
      rest[i * width + j] =
        before[i] === after[j]
          ? 1 + rest[(i + 1) * width + j + 1]!
          : Math.max(rest[(i + 1) * width + j]!, rest[i * width + j + 1]!);
  const lines: DiffLine[] = [];
  let [i, j] = [0, 0];
  while (i < before.length || j < after.length) {
    if (i < before.length && j < after.length && before[i] === after[j]) {
      lines.push({ sign: " ", text: before[i++]! });
      j++;
    } else if (i < before.length && (j === after.length || rest[(i + 1) * width + j]! >= rest[i * width + j + 1]!))
      lines.push({ sign: "-", text: before[i++]! });
    else lines.push({ sign: "+", text: after[j++]! });
  }
  return lines;
}

/** Cuts long runs of equal lines out; a run too short to be worth it stays. */
export function foldEqual(lines: readonly DiffLine[]): DiffPart[] {
  const isNear = lines.map((_, at) =>
    lines.slice(Math.max(0, at - CONTEXT), at + CONTEXT + 1).some(({ sign }) => sign !== " "),
  );
  const parts: DiffPart[] = [];
  for (const [at, line] of lines.entries()) {
    const last = parts.at(-1);
    if (last !== undefined && last.isFolded === !isNear[at]) last.lines.push(line);
    else parts.push({ lines: [line], isFolded: !isNear[at] });
  }
  return parts.map((part) => (part.lines.length <= 2 ? { ...part, isFolded: false } : part));
}
