const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;

/**
 * Whether an object of a JSON text has a key twice. A parser keeps one of them in silence, and whoever looked at the text
 * before it may have kept the other one.
 * @param text that is JSON
 * @param value what a parser made of it
 */
export const repeatsKey = (text: string, value: unknown): boolean => keysOfText(text) !== keysOfValue(value);

/** Every key is followed by the only colon that stands outside of strings. */
function keysOfText(text: string): number {
  let keys = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (char === COLON) keys++;
    else if (char === QUOTE) at = endOfString(text, at);
  }
  return keys;
}

function endOfString(text: string, begin: number): number {
  let at = begin + 1;
  while (at < text.length && text.charCodeAt(at) !== QUOTE) at += text.charCodeAt(at) === BACKSLASH ? 2 : 1;
  return at;
}

function keysOfValue(value: unknown): number {
  // Not by recursion: how deep a body is, is for its sender to choose.
  const open = [value];
  let keys = 0;
  while (open.length > 0) {
    const one = open.pop();
    if (typeof one !== "object" || one === null) continue;
    const below: unknown[] = Object.values(one);
    if (!Array.isArray(one)) keys += below.length;
    for (const each of below) open.push(each);
  }
  return keys;
}
