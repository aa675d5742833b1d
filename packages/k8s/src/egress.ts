import { lookup as systemLookup } from "node:dns/promises";
import { BlockList, isIP } from "node:net";
import { KubeError } from "./kube-error.ts";

/**
 * Where this server may connect to. Addresses are checked, never names: a name is resolved, every address of it must be
 * allowed, and the connection goes to a checked address.
 */
export interface EgressPolicy {
  /** Loopback and unspecified addresses: for clusters on the user's own computer. */
  readonly allowLoopback: boolean;
  /** Private ranges (10/8, 172.16/12, 192.168/16, 100.64/10, fc00::/7). */
  readonly allowPrivate: boolean;
  /** Resolves a name; the system's resolver unless a test says otherwise. */
  readonly lookup?: (host: string) => Promise<{ address: string }[]>;
}

/** Local mode: the user's own computer and network; never the metadata services of clouds. */
export const LOCAL_EGRESS: EgressPolicy = { allowLoopback: true, allowPrivate: true };
/** A shared server: clusters usually have private addresses, but what listens on its own loopback is not for its users. */
export const SERVER_EGRESS: EgressPolicy = { allowLoopback: false, allowPrivate: true };

type Net = readonly [network: string, prefix: number];
const listOf = (v4: readonly Net[], v6: readonly Net[]): BlockList => {
  const list = new BlockList();
  for (const [network, prefix] of v4) list.addSubnet(network, prefix, "ipv4");
  for (const [network, prefix] of v6) list.addSubnet(network, prefix, "ipv6");
  return list;
};
const LOOPBACK = listOf(
  [
    ["127.0.0.0", 8],
    ["0.0.0.0", 8],
  ],
  [["::", 127]],
);
/** Metadata services, link-local, multicast and broadcast: never a cluster. */
const NEVER = listOf(
  [
    ["169.254.0.0", 16],
    ["100.100.100.200", 32],
    ["168.63.129.16", 32],
    ["224.0.0.0", 4],
    ["255.255.255.255", 32],
  ],
  [
    ["fe80::", 10],
    ["fd00:ec2::254", 128],
    ["fd20:ce::254", 128],
    ["fd00:c1::a9fe:a9fe", 128],
    ["ff00::", 8],
  ],
);
const PRIVATE = listOf(
  [
    ["10.0.0.0", 8],
    ["172.16.0.0", 12],
    ["192.168.0.0", 16],
    ["100.64.0.0", 10],
  ],
  [["fc00::", 7]],
);

/** Whether a connection to this IP address is allowed. What is no IP address is not. */
export function isAllowedAddress(address: string, policy: EgressPolicy): boolean {
  // A zone (`fe80::1%eth0`) names the interface, not another address.
  const plain = address.split("%")[0]!;
  const family = isIP(plain);
  if (family === 0) return false;
  const embedded = family === 6 ? embeddedIpv4(plain) : null;
  if (embedded !== null) return isAllowedAddress(embedded, policy);
  const name = family === 6 ? "ipv6" : "ipv4";
  if (NEVER.check(plain, name)) return false;
  if (LOOPBACK.check(plain, name)) return policy.allowLoopback;
  if (PRIVATE.check(plain, name)) return policy.allowPrivate;
  return true;
}

/** The IPv4 address inside an IPv4-mapped, IPv4-compatible, NAT64 or 6to4 address; null for others. */
function embeddedIpv4(address: string): string | null {
  const words = wordsOf(address);
  const dotted = (high: number, low: number) => [high >> 8, high & 255, low >> 8, low & 255].join(".");
  const startsWith = (...prefix: number[]) => prefix.every((word, index) => words[index] === word);
  const last = () => dotted(words[6]!, words[7]!);
  if (startsWith(0, 0, 0, 0, 0, 0xffff) || startsWith(0x64, 0xff9b, 0, 0, 0, 0)) return last();
  if (startsWith(0x2002)) return dotted(words[1]!, words[2]!);
  // `::` and `::1` are addresses of their own.
  if (startsWith(0, 0, 0, 0, 0, 0) && (words[6] !== 0 || words[7]! > 1)) return last();
  return null;
}

/** The eight 16-bit words of an IPv6 address. */
function wordsOf(address: string): number[] {
  const plain = address.replace(
    /(\d+)\.(\d+)\.(\d+)\.(\d+)$/,
    (_, a: string, b: string, c: string, d: string) =>
      `${((Number(a) << 8) | Number(b)).toString(16)}:${((Number(c) << 8) | Number(d)).toString(16)}`,
  );
  const [head = "", tail] = plain.split("::");
  const parse = (part: string) => (part === "" ? [] : part.split(":").map((word) => Number.parseInt(word, 16)));
  const front = parse(head);
  const back = tail === undefined ? [] : parse(tail);
  return [...front, ...Array<number>(Math.max(0, 8 - front.length - back.length)).fill(0), ...back];
}

const denied = (): KubeError =>
  new KubeError(
    "EGRESS_DENIED",
    "This server may not connect to that address: it belongs to this machine, to a cloud's metadata service or to a network that is closed to it.",
  );

/** The host of a URL without brackets. */
export const hostOf = (url: string): string => new URL(url).hostname.replace(/^\[|\]$/g, "");

/**
 * The addresses a URL may be connected at, in the resolver's order. All of them are allowed, or none is.
 * @throws KubeError EGRESS_DENIED; CLUSTER_UNREACHABLE when the name does not resolve
 */
export async function checkEgress(url: string, policy: EgressPolicy): Promise<string[]> {
  const host = hostOf(url);
  const addresses = isIP(host) !== 0 ? [host] : await resolve(host, policy);
  if (addresses.some((address) => !isAllowedAddress(address, policy))) throw denied();
  return addresses;
}

async function resolve(host: string, policy: EgressPolicy): Promise<string[]> {
  try {
    const found = await (policy.lookup ?? ((name: string) => systemLookup(name, { all: true })))(host);
    if (found.length > 0) return [...new Set(found.map(({ address }) => address))];
  } catch (cause) {
    throw unresolved(cause);
  }
  throw unresolved();
}
const unresolved = (cause?: unknown) =>
  new KubeError("CLUSTER_UNREACHABLE", "The API server's name does not resolve to an address.", {
    reason: "ENOTFOUND",
    cause,
  });
