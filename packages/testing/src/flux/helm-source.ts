import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { run } from "../processes/run.ts";

export interface Chart {
  readonly name: string;
  readonly version: string;
  /** File name within `templates/` → text. */
  readonly templates: Readonly<Record<string, string>>;
  readonly values?: Readonly<Record<string, unknown>>;
  readonly appVersion?: string;
}

/** A Helm repository over HTTP on loopback: an index and the charts it lists. */
export interface HelmSource extends AsyncDisposable {
  /** What a HelmRepository's `spec.url` is. */
  readonly url: string;
  /** Adds a version of a chart, or replaces it. */
  publish(chart: Chart): Promise<void>;
  stop(): Promise<void>;
}

export async function startHelmSource(options: { port?: number } = {}): Promise<HelmSource> {
  const folder = await mkdtemp(join(tmpdir(), "fo-helm-"));
  const entries = new Map<string, { name: string; version: string; entry: Record<string, unknown> }>();
  const archives = new Map<string, Uint8Array<ArrayBuffer>>();
  const index = () => {
    const charts = [...entries.values()];
    const ofChart = (name: string) => charts.filter((chart) => chart.name === name).map((chart) => chart.entry);
    const listed = Object.fromEntries(charts.map(({ name }) => [name, ofChart(name)]));
    return Bun.YAML.stringify({ apiVersion: "v1", entries: listed, generated: new Date().toISOString() }, null, 2);
  };
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: options.port ?? 0,
    fetch(request) {
      const file = new URL(request.url).pathname.slice(1);
      if (file === "index.yaml") return new Response(index(), { headers: { "content-type": "text/yaml" } });
      const archive = archives.get(file);
      if (archive === undefined) return new Response("not found", { status: 404 });
      return new Response(archive, { headers: { "content-type": "application/gzip" } });
    },
  });
  const stop = async () => {
    await server.stop(true);
    await rm(folder, { recursive: true, force: true });
  };
  return {
    url: `http://127.0.0.1:${server.port}`,
    async publish(chart) {
      const file = `${chart.name}-${chart.version}.tgz`;
      const about = {
        apiVersion: "v2",
        name: chart.name,
        version: chart.version,
        appVersion: chart.appVersion ?? chart.version,
      };
      const archive = await packChart(join(folder, file), chart, about);
      archives.set(file, archive);
      const digest = createHash("sha256").update(archive).digest("hex");
      const entry = { ...about, created: new Date().toISOString(), digest, urls: [file] };
      entries.set(file, { name: chart.name, version: chart.version, entry });
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

async function packChart(
  archive: string,
  chart: Chart,
  about: Record<string, unknown>,
): Promise<Uint8Array<ArrayBuffer>> {
  const folder = await mkdtemp(`${archive}-`);
  const files = {
    "Chart.yaml": Bun.YAML.stringify(about, null, 2),
    "values.yaml": Bun.YAML.stringify(chart.values ?? {}, null, 2),
    ...Object.fromEntries(Object.entries(chart.templates).map(([name, text]) => [`templates/${name}`, text])),
  };
  for (const [path, text] of Object.entries(files)) {
    const file = join(folder, chart.name, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
  // COPYFILE_DISABLE keeps macOS's tar from adding its `._` files, which Helm would take for templates.
  await run(["tar", "-czf", archive, "-C", folder, chart.name], { env: { COPYFILE_DISABLE: "1" } });
  const bytes = new Uint8Array(await Bun.file(archive).arrayBuffer());
  await rm(folder, { recursive: true, force: true });
  return bytes;
}
