import { expect, test } from "bun:test";
import { healthRoutes } from "./health.ts";
import { V1_ROUTES } from "./rest-v1.ts";

const PAGE = new URL("../../../../docs/rest.md", import.meta.url);
/** Endpoints of the contract, which numbers them. */
const CONTRACT = 66;

interface Row {
  /** `GET /clusters/{}`, as many as share the row. */
  endpoints: string[];
  file: string;
  /** As `3.1 2`: section of the contract, and the number of the endpoint. */
  numbered: { section: string; number: string } | undefined;
  /** How the name of a test begins that proves no numbered endpoint. */
  name: string | undefined;
}

/** The rows of the page's tables that name an endpoint. */
async function rowsOfPage(): Promise<Row[]> {
  const page = await Bun.file(PAGE).text();
  return page.split("\n").flatMap((line) => {
    const cells = line.split("|").map((cell) => cell.trim());
    const endpoints = [...(cells[1] ?? "").matchAll(/`([A-Z]+ \/[^`]*)`/g)].map(([, endpoint]) => plain(endpoint!));
    if (endpoints.length === 0) return [];
    const shown = /^`([^`]+)` (?:§([\d.]+) (\d+)|“([^”]+)”)$/.exec(cells[3] ?? "");
    if (shown === null) throw new Error(`no test is named for ${endpoints.join(", ")}`);
    const [, file, section, number, name] = shown;
    const numbered = section === undefined || number === undefined ? undefined : { section, number };
    return [{ endpoints, file: file!, numbered, name }];
  });
}

/** What parts of a path are called does not matter. */
const plain = (endpoint: string): string => endpoint.replace(/\{\w+\}|:\w+/g, "{}");

const ofRoutes = (): string[] => {
  const health = healthRoutes({ ready: async () => true });
  const routes = [...V1_ROUTES, ...health].map(({ method, path }) => `${method} ${path.replace(/^\/api\/v1/, "")}`);
  return [...routes, "GET /metrics"].map(plain).sort();
};

test("the page about REST has every endpoint, once, and none besides", async () => {
  const rows = await rowsOfPage();
  expect(rows.flatMap(({ endpoints }) => endpoints).sort()).toEqual(ofRoutes());
});

test("it has every endpoint of the contract by its number, once", async () => {
  const numbers = (await rowsOfPage()).flatMap(({ numbered }) => (numbered === undefined ? [] : [numbered.number]));
  expect(numbers.map(Number).sort((one, other) => one - other)).toEqual(
    [...Array(CONTRACT).keys()].map((at) => at + 1),
  );
});

test("it names for each endpoint a test that there is", async () => {
  const missing: string[] = [];
  for (const { endpoints, file, numbered, name } of await rowsOfPage()) {
    const source = Bun.file(new URL(file, import.meta.url));
    const titles = (await source.exists())
      ? [...(await source.text()).matchAll(/^\s*(?:(?:test|describe)\b.*\()?"([^"]+)"/gm)].map(([, title]) => title!)
      : [];
    const isShown = (title: string) =>
      numbered === undefined ? title.includes(name!) : numbersIn(title, numbered.section).includes(numbered.number);
    if (!titles.some(isShown)) missing.push(`${endpoints.join(", ")} in ${file}`);
  }
  expect(missing).toEqual([]);
});

/** Numbers of endpoints that a name of a test gives for a section: `§3.2 17, 18, 19 reaches …`, `§3.2 11, 15 to 20 …`. */
function numbersIn(title: string, section: string): string[] {
  const [, list] = title.split(`§${section} `);
  const parts = /^\d+(?:(?:, | to )\d+)*/.exec(list ?? "")?.[0].split(", ") ?? [];
  return parts.flatMap((part) => {
    const [from, to] = part.split(" to ").map(Number);
    return to === undefined ? [part] : [...Array(to - from! + 1).keys()].map((at) => String(from! + at));
  });
}
