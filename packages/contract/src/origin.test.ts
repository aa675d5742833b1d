import { describe, expect, test } from "bun:test";
import { judgeOrigin, loopbackHosts, type RequestOrigin } from "./origin.ts";

const own = loopbackHosts(8080);
const request = (change: Partial<RequestOrigin>): RequestOrigin => ({
  method: "GET",
  host: "127.0.0.1:8080",
  origin: null,
  fetchSite: null,
  fetchMode: null,
  fetchDest: null,
  ...change,
});
const judge = (change: Partial<RequestOrigin>) => judgeOrigin(request(change), own);

describe("a listener on loopback", () => {
  test("answers under its own names and port, and under no other", () => {
    for (const host of ["127.0.0.1:8080", "localhost:8080", "LOCALHOST:8080", "[::1]:8080"])
      expect(judge({ host })).toBe("own");
    for (const host of [
      null,
      "",
      "127.0.0.1",
      "localhost",
      "127.0.0.1:8081",
      "0.0.0.0:8080",
      "127.0.0.2:8080",
      "localhost.:8080",
      "evil.example:8080",
      "127.0.0.1:8080.evil.example",
      "127.0.0.1:8080@evil.example",
      "[::]:8080",
    ])
      expect(judge({ host })).toBe("misdirected");
  });

  test("without a port in the name where 80 is listened on", () => {
    expect(judgeOrigin(request({ host: "localhost" }), loopbackHosts(80))).toBe("own");
  });

  test("takes a request of its own page and of a program", () => {
    expect(judge({})).toBe("own");
    expect(judge({ method: "POST" })).toBe("own");
    expect(judge({ origin: "http://127.0.0.1:8080", fetchSite: "same-origin", method: "POST" })).toBe("own");
    expect(judge({ fetchSite: "none", fetchMode: "navigate", fetchDest: "document" })).toBe("own");
  });

  test("refuses what another page asks for, reads and streams included", () => {
    for (const origin of [
      "http://evil.example",
      "http://127.0.0.1:9999",
      "https://127.0.0.1:8080",
      "http://localhost:8080",
      "null",
    ])
      expect(judge({ origin })).toBe("foreign");
    for (const fetchSite of ["cross-site", "same-site", "something-new"]) {
      expect(judge({ fetchSite, fetchMode: "no-cors", fetchDest: "image" })).toBe("foreign");
      expect(judge({ fetchSite, fetchMode: "cors", fetchDest: "empty" })).toBe("foreign");
      expect(judge({ fetchSite, fetchMode: "navigate", fetchDest: "iframe" })).toBe("foreign");
      expect(judge({ fetchSite, fetchMode: "navigate", fetchDest: "document", method: "POST" })).toBe("foreign");
    }
  });

  test("gives a link from elsewhere the bare page", () => {
    expect(judge({ fetchSite: "cross-site", fetchMode: "navigate", fetchDest: "document" })).toBe("navigation");
  });
});
