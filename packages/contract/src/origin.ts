/** What of a request says where it is going and where it comes from; null for a header that is absent. */
export interface RequestOrigin {
  method: string;
  host: string | null;
  origin: string | null;
  /** `Sec-Fetch-Site`, `-Mode` and `-Dest`, which browsers set and pages cannot forge. */
  fetchSite: string | null;
  fetchMode: string | null;
  fetchDest: string | null;
}

/** The names a listener answers under. */
export interface OwnHosts {
  /** `http://127.0.0.1:8080`: what people are told. */
  url: string;
  /** Every `host:port` that is ours. */
  hosts: ReadonlySet<string>;
}

/** The names of a loopback listener. `0.0.0.0` and names that only resolve to loopback are not among them. */
export function loopbackHosts(port: number): OwnHosts {
  const suffix = port === 80 ? "" : `:${port}`;
  const names = ["127.0.0.1", "localhost", "[::1]"];
  return { url: `http://127.0.0.1${suffix}`, hosts: new Set(names.map((name) => `${name}${suffix}`)) };
}

/**
 * Without login, a page in the user's browser must not reach the fleet. `misdirected`: the request is for another name
 * (DNS rebinding); `foreign`: it was made by another page; `navigation`: a link from elsewhere leads here, which gets the
 * bare page and no data; `own`: our own page, or a program.
 *
 * @see https://www.w3.org/TR/fetch-metadata/
 */
export function judgeOrigin(request: RequestOrigin, own: OwnHosts): "own" | "misdirected" | "foreign" | "navigation" {
  const { host, origin, fetchSite } = request;
  if (host === null || !own.hosts.has(host.toLowerCase())) return "misdirected";
  if (origin !== null && origin !== `http://${host.toLowerCase()}`) return "foreign";
  if (fetchSite === null || fetchSite === "same-origin" || fetchSite === "none") return "own";
  const isNavigation = request.fetchMode === "navigate" && request.fetchDest === "document" && request.method === "GET";
  return isNavigation ? "navigation" : "foreign";
}
