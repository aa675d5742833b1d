import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { useTestServers } from "./test-server.ts";

const servers = useTestServers();
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fo-sdk-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const PROGRAM = `
import { createClient, NotFoundError } from "./index.js";
const client = createClient({ url: process.argv[2] });
const said = [(await client.system.info.query()).version];
await client.cluster.get.query({ cluster: "nowhere" }).catch((error) => said.push(error instanceof NotFoundError));
for await (const { frame } of client.watch({ topics: [{ topic: "summary" }] })) {
  said.push(frame.type);
  break;
}
console.log(JSON.stringify(said));
`;

test("it runs on Node where that is installed: calls, errors and the stream", async () => {
  const built = await Bun.build({
    entrypoints: [join(import.meta.dir, "../src/index.ts")],
    target: "node",
    outdir: folder,
  });
  expect(built.success).toBe(true);
  await writeFile(join(folder, "package.json"), '{ "type": "module" }');
  await writeFile(join(folder, "program.js"), PROGRAM);
  // Where there is no Node, Bun at least shows that the bundle is whole.
  const runtime = Bun.which("node") ?? process.execPath;
  const child = Bun.spawn([runtime, join(folder, "program.js"), servers.server.url], {
    stdout: "pipe",
    stderr: "pipe",
  });
  const [said, complaints] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  expect({ exitCode: await child.exited, complaints }).toEqual({ exitCode: 0, complaints: "" });
  expect(JSON.parse(said)).toEqual(["1.2.3", true, "hello"]);
}, 180_000);
