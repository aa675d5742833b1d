/** One DER element: tag, length, contents. @see https://www.itu.int/rec/T-REC-X.690 */
export function der(tag: number, ...contents: Uint8Array[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  const bytes = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...bytes]), content]);
}

export const sequence = (...parts: Uint8Array[]): Buffer => der(0x30, ...parts);
export const set = (...parts: Uint8Array[]): Buffer => der(0x31, ...parts);
/** `[number]` around whole elements. */
export const explicit = (number: number, ...parts: Uint8Array[]): Buffer => der(0xa0 + number, ...parts);
/** `[number]` instead of an element's own tag. */
export const implicit = (number: number, content: Uint8Array): Buffer => der(0x80 + number, content);
export const utf8 = (text: string): Buffer => der(0x0c, Buffer.from(text));
export const octets = (content: Uint8Array): Buffer => der(0x04, content);
export const bits = (content: Uint8Array, unused = 0): Buffer => der(0x03, Buffer.from([unused]), content);
export const TRUE = der(0x01, Buffer.from([0xff]));

/** A positive integer: a leading zero where it would read as negative. The first byte must not be zero otherwise. */
export const integer = (value: Uint8Array): Buffer =>
  der(0x02, (value[0] ?? 0) < 0x80 ? value : Buffer.concat([Buffer.from([0]), value]));

export function objectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const base128 = (value: number): number[] => {
    const groups = [value & 127];
    for (let left = value >> 7; left > 0; left >>= 7) groups.unshift((left & 127) | 128);
    return groups;
  };
  return der(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

/** UTCTime, good for the years 1950 to 2049. */
export function utcTime(at: Date): Buffer {
  const digits = at.toISOString().replace(/[-:T]/g, "").slice(2, 14);
  return der(0x17, Buffer.from(`${digits}Z`));
}

export const pem = (label: string, content: Uint8Array): string =>
  `-----BEGIN ${label}-----\n${Buffer.from(content)
    .toString("base64")
    .replace(/.{64}/g, "$&\n")
    .trimEnd()}\n-----END ${label}-----\n`;
