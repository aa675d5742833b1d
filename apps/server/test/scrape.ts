/** One answer to a scrape, by series: `name{label="value",…}`, labels in the order of the alphabet. */
export interface Scrape {
  readonly text: string;
  readonly series: ReadonlyMap<string, number>;
  /** Types by name, also of metrics without a series. */
  readonly types: ReadonlyMap<string, string>;
  /** 0 where there is no such series. */
  value(name: string, labels?: Record<string, string>): number;
}

const LINE = /^([a-z_:][a-z0-9_:]*)(?:\{(.*)\})? (\S+)$/i;
const LABEL = /([a-z_][a-z0-9_]*)="((?:[^"\\]|\\.)*)"/gi;

/** @throws for a line that is not of the text format */
export async function scrape(url: string): Promise<Scrape> {
  const text = await (await fetch(`${url}/metrics`, { keepalive: false })).text();
  const series = new Map<string, number>();
  const types = new Map<string, string>();
  for (const line of text.split("\n")) {
    const [, name, type] = /^# TYPE (\S+) (\S+)$/.exec(line) ?? [];
    if (name !== undefined) types.set(name, type!);
    if (line === "" || line.startsWith("#")) continue;
    const found = LINE.exec(line);
    if (found === null) throw new Error(`not a line of the text format: ${line}`);
    const labels = Object.fromEntries([...(found[2] ?? "").matchAll(LABEL)].map(([, key, value]) => [key!, value!]));
    const key = keyOf(found[1]!, labels);
    if (series.has(key)) throw new Error(`told twice: ${key}`);
    series.set(key, Number(found[3]));
  }
  return { text, series, types, value: (name, labels = {}) => series.get(keyOf(name, labels)) ?? 0 };
}

const keyOf = (name: string, labels: Record<string, string>): string =>
  `${name}{${Object.keys(labels)
    .sort()
    .map((label) => `${label}="${labels[label]}"`)
    .join()}}`;
