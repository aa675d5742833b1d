import { isIP } from "node:net";
import { type KubeconfigCode, KubeconfigError } from "./kubeconfig-error.ts";

const URL_MAX = 2048;
const HOST = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/;
/** Letters and digits of any script, or an IPv6 address; then a port. Signs such as emoji are in no host name. */
const WRITTEN_AUTHORITY = /^([\p{L}\p{N}\p{M}.-]+|\[[\da-f:.]+\])(:\d+)?$/iu;
const PATH = /^(\/[A-Za-z0-9._~-]+)*$/;

/** The parts of an address as they were written: `URL` repairs and resolves before anybody could refuse. */
const WRITTEN = /^https:\/\/([^/?#\\]*)([^?#]*)(.*)$/isu;

/**
 * The address of an API server, as we keep it: `https://host[:port][/path]`, no trailing slash.
 * @throws KubeconfigError SERVER_URL_…
 */
export function parseServerUrl(value: unknown, path: string): string {
  if (typeof value !== "string" || value === "")
    throw new KubeconfigError("KUBECONFIG_INCOMPLETE", "The cluster has no server address.", { path });
  const refuse = (code: KubeconfigCode, message: string) => new KubeconfigError(code, message, { path });
  if (!/^https:\/\//i.test(value)) throw refuse("SERVER_URL_SCHEME", "The server address must begin with https://.");
  if (value.length > URL_MAX)
    throw refuse("SERVER_URL_FORM", `The server address is longer than ${URL_MAX} characters.`);
  const [, authority = "", written = "", rest = ""] = WRITTEN.exec(value) ?? [];
  if (value.includes("@"))
    throw refuse("SERVER_URL_USERINFO", "The server address must not contain a user name or password.");
  if (rest !== "") throw refuse("SERVER_URL_FORM", "The server address must not contain a query or fragment.");
  const port = /:([^:\]]*)$/.exec(authority)?.[1];
  if (port !== undefined && (!/^\d{1,5}$/.test(port) || Number(port) < 1 || Number(port) > 65_535))
    throw refuse("SERVER_URL_PORT", "The port of the server address must be between 1 and 65535.");
  const trimmed = written.replace(/\/+$/, "");
  if (!PATH.test(trimmed) || /\/\.{1,2}(\/|$)/.test(trimmed))
    throw refuse("SERVER_URL_PATH", "The path of the server address may hold letters, digits and . _ ~ - only.");
  const url = WRITTEN_AUTHORITY.test(authority) ? parse(value) : null;
  if (url === null || !isHost(url.hostname))
    throw refuse("SERVER_URL_HOST", "The server address has no valid host name or IP address.");
  return url.origin + trimmed;
}

/**
 * The address of a proxy: `http(s)://host[:port]`.
 * @throws KubeconfigError PROXY_URL
 */
export function parseProxyUrl(value: unknown, path: string): string {
  const url = typeof value === "string" ? parse(value) : null;
  const fits =
    url !== null &&
    (url.protocol === "http:" || url.protocol === "https:") &&
    url.username === "" &&
    url.password === "" &&
    url.search === "" &&
    url.hash === "" &&
    (url.pathname === "/" || url.pathname === "") &&
    url.port !== "0" &&
    isHost(url.hostname);
  if (!fits) {
    throw new KubeconfigError(
      "PROXY_URL",
      "The proxy address must be http://host:port or https://host:port, without user name and path.",
      {
        path,
        hint: "SOCKS proxies are not supported.",
      },
    );
  }
  return url.origin;
}

/** WHATWG URLs normalise `0x7f.1`, full-width digits and their like, so that what is checked is what is connected to. */
function parse(value: string): URL | null {
  if (value.length > URL_MAX || /[\s\\\p{Cc}]/u.test(value)) return null;
  try {
    return new URL(value);
  } catch {
    return null;
  }
}

function isHost(hostname: string): boolean {
  if (hostname.startsWith("[")) return isIP(hostname.slice(1, -1)) === 6;
  return isIP(hostname) === 4 || HOST.test(hostname.replace(/\.$/, ""));
}
