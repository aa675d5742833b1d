import { describe, expect, test } from "bun:test";
import { checkEgress, type EgressPolicy, hostOf, isAllowedAddress, LOCAL_EGRESS } from "./egress.ts";
import { KubeError } from "./kube-error.ts";

const CLOSED: EgressPolicy = { allowLoopback: false, allowPrivate: false };
const PRIVATE_ONLY: EgressPolicy = { allowLoopback: false, allowPrivate: true };
const LOOPBACK_ONLY: EgressPolicy = { allowLoopback: true, allowPrivate: false };

/** What carries an IPv4 address inside IPv6: the policy for the inner one holds. */
const embeddings = (ipv4: string) => {
  const [a, b, c, d] = ipv4.split(".").map(Number) as [number, number, number, number];
  const [high, low] = [((a << 8) | b).toString(16), ((c << 8) | d).toString(16)];
  return [
    `::ffff:${ipv4}`,
    `::ffff:${high}:${low}`,
    `::${ipv4}`,
    `64:ff9b::${ipv4}`,
    `64:ff9b::${high}:${low}`,
    `2002:${high}:${low}::1`,
  ];
};

const NEVER = [
  "169.254.169.254",
  "169.254.0.1",
  "100.100.100.200",
  "168.63.129.16",
  "224.0.0.1",
  "239.255.255.255",
  "255.255.255.255",
];
const NEVER_IPV6 = [
  "fe80::1",
  "fe80::1%eth0",
  "febf::1",
  "fd00:ec2::254",
  "fd20:ce::254",
  "fd00:c1::a9fe:a9fe",
  "ff02::1",
];
const LOOPBACK = ["127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3"];
const PRIVATE = [
  "10.0.0.1",
  "10.255.255.255",
  "172.16.0.1",
  "172.31.255.255",
  "192.168.1.1",
  "100.64.0.1",
  "100.127.255.255",
];
const PUBLIC = [
  "1.1.1.1",
  "9.255.255.255",
  "11.0.0.0",
  "172.32.0.0",
  "192.169.0.0",
  "100.128.0.1",
  "128.0.0.1",
  "169.255.0.1",
  "8.8.8.8",
];

const withEmbedded = (addresses: readonly string[]) => addresses.flatMap((one) => [one, ...embeddings(one)]);

describe("an address that may be connected to", () => {
  test.each([...withEmbedded(NEVER), ...NEVER_IPV6])("%s is never one", (address) => {
    for (const policy of [LOCAL_EGRESS, CLOSED, PRIVATE_ONLY, LOOPBACK_ONLY])
      expect(isAllowedAddress(address, policy)).toBe(false);
  });

  test.each([...withEmbedded(LOOPBACK), "::1", "::"])("%s is one where loopback is allowed", (address) => {
    expect(isAllowedAddress(address, LOOPBACK_ONLY)).toBe(true);
    expect(isAllowedAddress(address, LOCAL_EGRESS)).toBe(true);
    expect(isAllowedAddress(address, CLOSED)).toBe(false);
    expect(isAllowedAddress(address, PRIVATE_ONLY)).toBe(false);
  });

  test.each([...withEmbedded(PRIVATE), "fc00::1", "fd12:3456::1"])(
    "%s is one where private networks are allowed",
    (address) => {
      expect(isAllowedAddress(address, PRIVATE_ONLY)).toBe(true);
      expect(isAllowedAddress(address, CLOSED)).toBe(false);
      expect(isAllowedAddress(address, LOOPBACK_ONLY)).toBe(false);
    },
  );

  test.each([...withEmbedded(PUBLIC), "2606:4700::1111", "2001:db8::1"])("%s is one everywhere", (address) => {
    expect(isAllowedAddress(address, CLOSED)).toBe(true);
  });

  test.each(["", "localhost", "127.1", "0x7f.1", "2130706433", "127.0.0.1 ", "[::1]", "1.1.1.1/8"])(
    "%p is no address and therefore none",
    (text) => {
      expect(isAllowedAddress(text, LOCAL_EGRESS)).toBe(false);
    },
  );
});

/** A policy whose resolver answers with these addresses. */
const resolving = (addresses: readonly string[], policy: EgressPolicy = CLOSED): EgressPolicy => ({
  ...policy,
  lookup: async () => addresses.map((address) => ({ address })),
});
const failure = async (promise: Promise<unknown>): Promise<KubeError> => {
  const error = await promise.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(KubeError);
  return error as KubeError;
};

describe("the addresses of a URL", () => {
  test("are all that its name resolves to, each once, in the resolver's order", async () => {
    const policy = resolving(["1.1.1.1", "2606:4700::1111", "1.1.1.1", "8.8.8.8"]);
    expect(await checkEgress("https://api.example:6443", policy)).toEqual(["1.1.1.1", "2606:4700::1111", "8.8.8.8"]);
  });

  test.each([
    ["https://api.example", ["1.1.1.1", "127.0.0.1"]],
    ["https://api.example", ["1.1.1.1", "169.254.169.254", "8.8.8.8"]],
    ["https://api.example", ["1.1.1.1", "::ffff:10.0.0.1"]],
    ["https://api.example", ["not an address"]],
  ])("%s is refused when one of %p may not be connected to", async (url, addresses) => {
    expect((await failure(checkEgress(url, resolving(addresses)))).code).toBe("EGRESS_DENIED");
  });

  test("an address needs no lookup, and brackets are not part of it", async () => {
    const policy: EgressPolicy = { ...LOCAL_EGRESS, lookup: () => Promise.reject(new Error("asked for an address")) };
    expect(await checkEgress("https://127.0.0.1:6443", policy)).toEqual(["127.0.0.1"]);
    expect(await checkEgress("https://[::1]:6443", policy)).toEqual(["::1"]);
    expect(hostOf("https://[::1]:6443/x")).toBe("::1");
  });

  test.each([
    "https://2130706433",
    "https://0x7f.1",
    "https://0177.0.0.1",
    "https://127.1",
    "https://①②⑦.⓪.⓪.①",
    "https://[::ffff:127.0.0.1]",
  ])("%s is seen as the loopback address it is", async (url) => {
    expect((await failure(checkEgress(url, PRIVATE_ONLY))).code).toBe("EGRESS_DENIED");
  });

  test("localhost is asked of the system's resolver and refused where loopback is closed", async () => {
    expect((await failure(checkEgress("https://localhost:6443", CLOSED))).code).toBe("EGRESS_DENIED");
    expect(await checkEgress("https://localhost:6443", LOCAL_EGRESS)).toContainEqual(
      expect.stringMatching(/^(127\.0\.0\.1|::1)$/),
    );
  });

  test("a name without an address says that the name is the problem", async () => {
    for (const lookup of [() => Promise.resolve([]), () => Promise.reject(new Error("queryA ENOTFOUND"))]) {
      const error = await failure(checkEgress("https://nowhere.example", { ...LOCAL_EGRESS, lookup }));
      expect(error).toMatchObject({ code: "CLUSTER_UNREACHABLE", reason: "ENOTFOUND" });
    }
  });
});
