import {
  type FaultProxy,
  type FaultProxyOptions,
  type Inspector,
  startFaultProxy,
  type TcpFault,
} from "./fault-proxy.ts";
import { PostgresMessages } from "./postgres-messages.ts";

/** What can be wrong between a program and its Postgres. */
export type PostgresFault =
  | Extract<TcpFault, { fault: "latency" | "bandwidth" | "stall" | "half-open" | "reset" | "refuse" }>
  /** The next commits never reach the server: their connections are broken off instead. */
  | { fault: "lose commit"; times: number }
  /** The next commits happen, and their connections are broken off before the answer: nobody knows whether they did. */
  | { fault: "lose commit answer"; times: number };

/** How many commits met a fault since the start. */
export interface PostgresFaultProxy extends Omit<FaultProxy<PostgresFault>, "swallowed"> {
  readonly lostCommits: number;
  readonly lostAnswers: number;
}

/** A proxy before a Postgres, which knows what a commit is. Connections without TLS only. */
export async function startPostgresFaultProxy(to: FaultProxyOptions["to"]): Promise<PostgresFaultProxy> {
  const armed = { commits: 0, answers: 0 };
  const met = { commits: 0, answers: 0 };

  const inspect = (): Inspector => {
    const asked = new PostgresMessages(true);
    const answered = new PostgresMessages(false);
    let isCommitting = false;
    return {
      toServer(bytes) {
        if (!asked.read(bytes).some(isCommit)) return true;
        if (armed.commits > 0) {
          armed.commits--;
          met.commits++;
          return false;
        }
        if (armed.answers > 0) {
          armed.answers--;
          isCommitting = true;
        }
        return true;
      },
      toClient(bytes) {
        const tags = answered.read(bytes).flatMap(({ letter, body }) => (letter === "C" ? [body] : []));
        if (!isCommitting) return true;
        if (tags.includes("COMMIT\0")) {
          met.answers++;
          return false;
        }
        // A transaction that had failed rolls back at its commit, and there is no doubt about it.
        if (tags.includes("ROLLBACK\0")) isCommitting = false;
        return true;
      },
    };
  };

  const proxy = await startFaultProxy({ to, inspect });
  return {
    get port() {
      return proxy.port;
    },
    get open() {
      return proxy.open;
    },
    get accepted() {
      return proxy.accepted;
    },
    get lostCommits() {
      return met.commits;
    },
    get lostAnswers() {
      return met.answers;
    },
    async inject(fault) {
      if (fault.fault === "lose commit") armed.commits = fault.times;
      else if (fault.fault === "lose commit answer") armed.answers = fault.times;
      else await proxy.inject(fault);
    },
    async heal() {
      Object.assign(armed, { commits: 0, answers: 0 });
      await proxy.heal();
    },
    stop: proxy.stop,
    [Symbol.asyncDispose]: proxy.stop,
  };
}

/** As a query of its own, or as a statement to be prepared under a name. */
const isCommit = ({ letter, body }: { letter: string; body: string }): boolean =>
  (letter === "Q" && /^commit\b/i.test(body)) || (letter === "P" && /^[^\0]*\0commit\b/i.test(body));
