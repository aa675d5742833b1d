import { afterAll, beforeAll, describe } from "bun:test";
import { discoverFlux, type ServedKind } from "../../src/discovery.ts";
import { LOCAL_EGRESS } from "../../src/egress.ts";
import type { Protocol } from "../../src/transport/dial.ts";
import { createTransport, type Transport } from "../../src/transport.ts";
import { bookmarkContract } from "./bookmark-contract.ts";
import type { ContractIdentity, ContractServer } from "./contract-server.ts";
import { identityContract } from "./identity-contract.ts";
import { readContract } from "./read-contract.ts";
import { reflectorContract } from "./reflector-contract.ts";
import { watchContract } from "./watch-contract.ts";
import { wireContract } from "./wire-contract.ts";

/** What a group of promises is tested on. Everything in it exists once the tests run. */
export interface ContractWorld {
  readonly server: ContractServer;
  transport(identity?: ContractIdentity): Transport;
  served(kind: string): ServedKind;
}

export const CONTRACT_TIMEOUT_MS = 240_000;
const PROTOCOLS = ["h2", "http/1.1"] as const satisfies readonly Protocol[];

/**
 * What this package relies on an API server for. Passed by a real kube-apiserver; whatever stands for one has to pass it
 * too, once by each protocol that streams may be carried by.
 */
export function contractSuite(name: string, makeServer: () => Promise<ContractServer>): void {
  describe(name, () => {
    let server: ContractServer | undefined;
    let served: readonly ServedKind[] = [];
    const transports: Transport[] = [];
    const worldOver = (protocols: readonly Protocol[]): ContractWorld => ({
      get server() {
        return server!;
      },
      transport(identity = "admin") {
        const transport = createTransport(server!.target(identity), { egress: LOCAL_EGRESS, protocols });
        transports.push(transport);
        return transport;
      },
      served: (kind) => served.find((one) => one.kind === kind)!,
    });
    const world = worldOver(PROTOCOLS);
    beforeAll(async () => {
      server = await makeServer();
      served = await discoverFlux(world.transport());
    }, CONTRACT_TIMEOUT_MS);
    afterAll(async () => {
      for (const transport of transports) transport.close();
      await server?.[Symbol.asyncDispose]();
    }, CONTRACT_TIMEOUT_MS);

    readContract(world);
    identityContract(world);
    bookmarkContract(PROTOCOLS.map((protocol) => worldOver([protocol])));
    describe.each(PROTOCOLS)("over %s", (protocol) => {
      watchContract(worldOver([protocol]));
      reflectorContract(worldOver([protocol]));
    });
    wireContract(world);
  });
}
