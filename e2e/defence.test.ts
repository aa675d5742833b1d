import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { connect } from "node:net";
import { freePorts, requirement, until } from "@flux-orchestrator/testing";
import type { Page } from "playwright-core";
import { launchBrowser, type TestBrowser } from "./browser.ts";
import { type Product, root, startProduct, temporaryHome } from "./product.ts";

const DEADLINE_MS = 240_000;
const STREAM = `/trpc/live.watch?input=${encodeURIComponent(JSON.stringify({ topics: [{ topic: "summary" }] }))}`;
const PATHS = ["/", "/healthz", "/api/v1/clusters", "/trpc/system.info", STREAM, "/nothing/here", "/_app/version.json"];

/** One request as no browser would send it: with any Host. The status line's code. */
function statusOf(port: number, path: string, headers: Record<string, string>, method = "GET"): Promise<number> {
  return new Promise((done, fail) => {
    const socket = connect(port, "127.0.0.1", () => {
      const lines = Object.entries({ connection: "close", ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
      socket.write(`${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n`);
    });
    socket.once("data", (chunk) => {
      done(Number(/^HTTP\/1\.1 (\d{3})/.exec(chunk.toString("latin1"))?.[1]));
      socket.destroy();
    });
    socket.once("error", fail);
  });
}

async function refusesStrangers(port: number, paths: readonly string[]): Promise<void> {
  const own = `127.0.0.1:${port}`;
  for (const path of paths) {
    for (const host of [`0.0.0.0:${port}`, `evil.example:${port}`, `127.0.0.1:${port + 1}`, "127.0.0.1"])
      expect([path, host, await statusOf(port, path, { host })]).toEqual([path, host, 421]);
    expect([path, await statusOf(port, path, { host: own, origin: "http://evil.example" })]).toEqual([path, 403]);
    const image = { host: own, "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image" };
    expect([path, await statusOf(port, path, image)]).toEqual([path, 403]);
  }
}

describe("without login, whoever is not this computer's user", () => {
  let product: Product;
  beforeAll(async () => {
    product = await startProduct();
  }, DEADLINE_MS);
  afterAll(() => product?.[Symbol.asyncDispose](), DEADLINE_MS);

  test("gets nothing under another name or from another page, on any path", async () => {
    await refusesStrangers(product.port, PATHS);
    // And its own user does.
    for (const path of PATHS.filter((one) => !one.includes("nothing")))
      expect([path, await statusOf(product.port, path, { host: `127.0.0.1:${product.port}` })]).toEqual([path, 200]);
  });

  test("finds no permission to read across origins, and no frame to put the page into", async () => {
    for (const path of ["/", "/api/v1/clusters", "/trpc/system.info"]) {
      const { headers } = await fetch(product.url + path);
      expect(headers.get("access-control-allow-origin")).toBeNull();
      expect(headers.get("cross-origin-resource-policy")).toBe("same-origin");
      expect(headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
    }
  });
});

test(
  "the development server keeps the same rules",
  async () => {
    const [port, dashboard] = (await freePorts(2)) as [number, number];
    const home = await temporaryHome();
    const dev = Bun.spawn([process.execPath, `${root}/scripts/dev.ts`], {
      cwd: root,
      env: {
        ...process.env,
        FLUX_ORCHESTRATOR_HOME: home,
        KUBECONFIG: `${home}/none`,
        PORT: String(port),
        DASHBOARD_PORT: String(dashboard),
      },
      stdout: "ignore",
      stderr: "ignore",
    });
    try {
      const own = { host: `127.0.0.1:${dashboard}` };
      await until("both answer", async () => (await statusOf(dashboard, "/trpc/system.info", own)) === 200);
      await refusesStrangers(dashboard, ["/", "/trpc/system.info", "/api/v1/clusters", "/src/app.html"]);
      await refusesStrangers(port, PATHS);
    } finally {
      dev.kill("SIGINT");
      await dev.exited;
      await Bun.$`rm -rf ${home}`.quiet();
    }
  },
  DEADLINE_MS,
);

describe.skipIf(!(await requirement("chromium")))("a page of somebody else in the user's own browser", () => {
  let product: Product;
  let browser: TestBrowser;
  let attacker: ReturnType<typeof Bun.serve>;
  /** What came back to the attacker's page. */
  const answers: { url: string; status: number }[] = [];
  /** What the product itself says it answered: of what Chromium keeps from a page, the page's own events tell nothing. */
  const answered = () =>
    product
      .output()
      .split("\n")
      .filter((line) => line.includes('"msg":"request"'))
      .map((line) => JSON.parse(line) as { method: string; path: string; status: number });

  beforeAll(async () => {
    product = await startProduct({ env: { LOG_LEVEL: "debug" } });
    attacker = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      fetch: () =>
        new Response("<!doctype html><title>attacker</title><body></body>", {
          headers: { "content-type": "text/html" },
        }),
    });
    // evil.example is a name of somebody else that leads here: DNS rebinding.
    browser = await launchBrowser({ args: ["--host-resolver-rules=MAP evil.example 127.0.0.1"] });
  }, DEADLINE_MS);
  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]();
    await attacker?.stop(true);
    await product?.[Symbol.asyncDispose]();
  }, DEADLINE_MS);

  /** A tab of its own for each attempt: what one left loading does not disturb the next. */
  const visit = async (address: string): Promise<Page> => {
    const { page } = await browser.page();
    answers.length = 0;
    page.on("response", (response) => answers.push({ url: response.url(), status: response.status() }));
    await page.goto(address);
    return page;
  };
  const toUs = () => answers.filter(({ url }) => url.startsWith(product.url));
  /** Where the attacker's page is: on another site, and on another port of the same host. */
  const places = () => [`http://evil.example:${attacker.port}/`, `http://127.0.0.1:${attacker.port}/`];
  const setting = async () => {
    const settings = (await (await fetch(`${product.url}/api/v1/settings`)).json()) as { key: string; value: string }[];
    return settings.find(({ key }) => key === "auto_sync_interval_minutes")?.value;
  };

  test(
    "learns nothing by rebinding its name to loopback, or by http://0.0.0.0",
    async () => {
      for (const host of [`evil.example:${product.port}`, `0.0.0.0:${product.port}`]) {
        const page = await visit(`http://${host}/api/v1/clusters`);
        expect(answers.map(({ status }) => status)).toEqual([421]);
        const status = await page.evaluate(() =>
          fetch("/trpc/system.info").then(
            (answer) => answer.status,
            () => "refused by the policy of the page",
          ),
        );
        expect([421, "refused by the policy of the page"]).toContain(status);
      }
    },
    DEADLINE_MS,
  );

  test(
    "changes nothing with a form, not even one without a body",
    async () => {
      for (const place of places()) {
        for (const path of ["/trpc/setting.update", "/api/v1/activities/cleanup", "/api/v1/resources/reconcile"]) {
          const page = await visit(place);
          const [response] = await Promise.all([
            page.waitForResponse((answer) => answer.url() === product.url + path),
            page.evaluate((action) => {
              const form = Object.assign(document.createElement("form"), { method: "post", action });
              document.body.append(form);
              form.submit();
            }, product.url + path),
          ]);
          expect([path, response.status()]).toEqual([path, 403]);
        }
      }
    },
    DEADLINE_MS,
  );

  test(
    "reads nothing with fetch, an EventSource, an image or a script",
    async () => {
      for (const place of places()) {
        const page = await visit(place);
        const before = answered().length;
        const read = await page.evaluate(
          async ({ url, stream }) => {
            const byFetch = await fetch(`${url}/api/v1/settings`).then(
              (answer) => answer.text(),
              () => "nothing",
            );
            const opaque = await fetch(`${url}/api/v1/settings`, { mode: "no-cors" }).then(
              (answer) => answer.type,
              () => "nothing",
            );
            const put = await fetch(`${url}/api/v1/settings/auto_sync_interval_minutes`, {
              method: "PUT",
              body: '{"value":"1"}',
              headers: { "content-type": "text/plain" },
            }).then(
              (answer) => answer.text(),
              () => "nothing",
            );
            const heard = await new Promise<string>((done) => {
              const source = new EventSource(url + stream);
              source.onmessage = () => done("a message");
              source.onopen = () => done("open");
              source.onerror = () => done("nothing");
            });
            const load = (element: HTMLImageElement | HTMLScriptElement, src: string) =>
              new Promise<string>((done) => {
                element.onload = () => done("loaded");
                element.onerror = () => done("nothing");
                element.src = src;
                document.body.append(element);
              });
            const image = await load(new Image(), `${url}/favicon.svg`);
            const script = await load(document.createElement("script"), `${url}/trpc/system.info`);
            return { byFetch, opaque, put, heard, image, script };
          },
          { url: product.url, stream: STREAM },
        );
        expect(read).toEqual({
          byFetch: "nothing",
          opaque: expect.stringMatching(/nothing|opaque/),
          put: "nothing",
          heard: "nothing",
          image: "nothing",
          script: "nothing",
        });
        const asked = answered().slice(before);
        // From a name of the public internet Chromium itself may not even ask.
        if (place !== places()[0]) expect(asked.length).toBeGreaterThan(4);
        expect(asked.filter(({ status }) => status !== 403)).toEqual([]);
      }
      expect(await setting()).toBe("5");
    },
    DEADLINE_MS,
  );

  test(
    "may link here, which shows the page and hands out no data, and cannot frame it",
    async () => {
      const linking = await visit(places()[0]!);
      const [response] = await Promise.all([
        linking.waitForResponse((answer) => answer.url() === `${product.url}/api/v1/clusters`),
        linking.evaluate((href) => {
          location.href = href;
        }, `${product.url}/api/v1/clusters`),
      ]);
      expect(response.status()).toBe(200);
      expect(response.headers()["content-type"]).toContain("text/html");

      await linking.close();
      const framing = await visit(places()[1]!);
      await framing.evaluate((src) => {
        document.body.append(Object.assign(document.createElement("iframe"), { src }));
      }, product.url);
      await until("the frame was asked for", () => toUs().length > 0);
      expect(toUs().map(({ status }) => status)).toEqual([403]);
    },
    DEADLINE_MS,
  );

  test(
    "while the user's own page works as ever",
    async () => {
      const page = await visit(product.url);
      await page.getByRole("heading", { name: "Add the first cluster" }).waitFor();
    },
    DEADLINE_MS,
  );
});
