export interface Piece {
  text: string;
  /** `y` a key, `c` a comment; null plain. */
  as: "y" | "c" | null;
}

/** Splits YAML into keys, comments and the rest, enough to read it; neighbours of one look are one piece. */
export function highlightYaml(yaml: string): Piece[] {
  const pieces: Piece[] = [];
  const push = (text: string, as: Piece["as"]) => {
    const last = pieces.at(-1);
    if (text === "") return;
    if (last !== undefined && last.as === as) last.text += text;
    else pieces.push({ text, as });
  };
  for (const line of yaml.split(/(?<=\n)/)) {
    const comment = /^\s*#/.test(line);
    const key = /^(\s*(?:- )*)([\w./$-]+|"[^"]*")(:(?:\s|$))/.exec(line);
    if (comment) push(line, "c");
    else if (key === null) push(line, null);
    else {
      push(key[1] ?? "", null);
      push(key[2] ?? "", "y");
      push(line.slice((key[1]?.length ?? 0) + (key[2]?.length ?? 0)), null);
    }
  }
  return pieces;
}
