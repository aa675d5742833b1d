/** Characters of RFC 5987's `attr-char` that `encodeURIComponent` leaves as they are and must not. */
const LEFT_OVER = /['()*]/g;

/** A `Content-Disposition` that saves the answer under a name: for every client in ASCII, for those that can read it whole. */
export function attachment(fileName: string): string {
  const ascii = fileName
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .replace(/[^\w .-]/g, "_");
  const whole = encodeURIComponent(fileName.toWellFormed()).replace(
    LEFT_OVER,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${ascii}"; filename*=UTF-8''${whole}`;
}
