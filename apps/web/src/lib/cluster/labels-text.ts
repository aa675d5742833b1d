const KEY = /^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const VALUE = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;

/** Reads `region=eu, tier=gold`. `problem` is a sentence about the first part that is no label. */
export function parseLabels(text: string): { labels: Record<string, string>; problem: string | null } {
  const labels: Record<string, string> = {};
  for (const part of text.split(/[,\n]/).map((piece) => piece.trim())) {
    if (part === "") continue;
    const equals = part.indexOf("=");
    const key = (equals === -1 ? part : part.slice(0, equals)).trim();
    const value = equals === -1 ? "" : part.slice(equals + 1).trim();
    if (!KEY.test(key)) return { labels, problem: `“${key}” is not a Kubernetes label key` };
    if (!VALUE.test(value)) return { labels, problem: `“${value}” is not a Kubernetes label value` };
    labels[key] = value;
  }
  return { labels, problem: null };
}
/** `region=eu, tier=gold`, in the order of keys. */
export const formatLabels = (labels: Record<string, string>): string =>
  Object.entries(labels)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${value}`)
    .join(", ");
