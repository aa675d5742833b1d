import { expect, test } from "bun:test";
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
  })) {
    for (const value of values) {
      expect(() => readConfig({ HOME, [name]: value })).toThrow(new RegExp(`^${name} must be`));
      expect(() => readConfig({ HOME, [name]: value })).not.toThrow(/secret/);
    }
  }
});
