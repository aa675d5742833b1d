import { describe, expect, test } from "bun:test";
import { readConfig } from "./config.ts";

const HOME = "/home/somebody";

test("an empty environment is local mode with everything in the user's data directory", () => {
  expect(readConfig({ HOME })).toMatchObject({
    mode: "local",
    port: undefined,
    databaseUrl: undefined,
    encryptionKey: undefined,
    logLevel: "info",
    endsWithInput: false,
    simulated: false,
  });
  expect(readConfig({ HOME }).home).toStartWith(HOME);
});

test("a variable that is set to nothing counts as not set", () => {
  const config = readConfig({ HOME, PORT: "", DATABASE_URL: "", ENCRYPTION_KEY: "", LOG_LEVEL: "", KUBECONFIG: "" });
  expect(config).toEqual(readConfig({ HOME }));
});

test("what cannot be used is refused by name, and never repeated", () => {
  for (const [name, values] of Object.entries({
    PORT: ["secret", "0", "65536", "80.5", "-1", " 80"],
    DATABASE_URL: ["secret", "mysql://secret", "postgres://", "postgres://secret with space"],
    LOG_LEVEL: ["secret"],
    FLUX_ORCHESTRATOR_MODE: ["secret"],
    OAUTH_ENABLED: ["true"],
    WEBHOOK_URLS: ["https://hooks.example/secret"],
    SCRAPE_IN_CLUSTER: ["true"],
  })) {
    for (const value of values) {
      expect(() => readConfig({ HOME, [name]: value })).toThrow(new RegExp(`^${name} must be`));
      expect(() => readConfig({ HOME, [name]: value })).not.toThrow(/secret/);
    }
  }
});

describe("the original's variables of the database (§10)", () => {
  const urlOf = (more: Record<string, string>) => readConfig({ HOME, DB_HOST: "db.internal", ...more }).databaseUrl;

  test("count when the host is named, with the original's defaults", () => {
    expect(readConfig({ HOME, DB_USER: "u", DB_PASSWORD: "p", DB_DRIVER: "mysql" }).databaseUrl).toBeUndefined();
    expect(urlOf({})).toBe("postgres://postgres:postgres@db.internal:5432/flux_orchestrator?sslmode=disable");
    expect(
      urlOf({ DB_PORT: "6432", DB_USER: "a:b", DB_PASSWORD: "p@ss/word%", DB_NAME: "f o", DB_SSLMODE: "verify-full" }),
    ).toBe("postgres://a%3Ab:p%40ss%2Fword%25@db.internal:6432/f%20o?sslmode=verify-full");
    expect(urlOf({ DB_HOST: "::1" })).toBe("postgres://postgres:postgres@[::1]:5432/flux_orchestrator?sslmode=disable");
    expect(urlOf({ DATABASE_URL: "postgres://other/x" })).toBe("postgres://other/x");
  });

  test("are refused by name where they cannot be used", () => {
    for (const [name, value] of [
      ["DB_DRIVER", "mysql"],
      ["DB_PORT", "secret"],
      ["DB_SSLMODE", "secret"],
      ["DB_HOST", "/run/secret"],
      ["DB_HOST", "a secret"],
    ] as const) {
      expect(() => urlOf({ [name]: value })).toThrow(new RegExp(`^${name} must be`));
      expect(() => urlOf({ [name]: value })).not.toThrow(/secret/);
    }
  });
});

test("the cluster the server runs in is registered when exactly that is asked for (§10)", () => {
  const env = { HOME, KUBERNETES_SERVICE_HOST: "10.96.0.1", KUBERNETES_SERVICE_PORT: "6443" };
  for (const said of [undefined, "", "false", "TRUE", "1"])
    expect(readConfig({ ...env, SCRAPE_IN_CLUSTER: said }).inCluster).toBeUndefined();
  expect(readConfig({ ...env, SCRAPE_IN_CLUSTER: "true" }).inCluster).toMatchObject({
    name: "in-cluster",
    server: "https://10.96.0.1:6443",
  });
  const named = { IN_CLUSTER_NAME: "home", IN_CLUSTER_DESCRIPTION: "Ours", KUBERNETES_SERVICE_HOST: "fd00::1" };
  expect(readConfig({ ...env, ...named, SCRAPE_IN_CLUSTER: "true" }).inCluster).toMatchObject({
    name: "home",
    description: "Ours",
    server: "https://[fd00::1]:6443",
  });
});
