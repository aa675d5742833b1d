import { join } from "node:path";
import type { KubeApiserver } from "./kube-apiserver.ts";
import { createObject } from "./kube-objects.ts";

/** A line of a container's log: when it was written, in RFC 3339, and what it says. */
export interface FakeLogLine {
  at: string;
  text: string;
}

/** A node whose kubelet serves logs and nothing else; pods are on it that name it as their `nodeName`. */
export interface FakeKubelet extends AsyncDisposable {
  readonly nodeName: string;
  /** Adds lines to the log of a container; who follows it gets them at once. */
  write(container: string, lines: readonly FakeLogLine[]): void;
  /** Ends the container: who follows its log has read all of it. */
  end(container: string): void;
  /** What answers the next requests for a container's log instead. */
  answer(container: string, answer: (() => Response | Promise<Response>) | undefined): void;
  /** Logs that are followed right now. */
  readonly following: number;
}

interface Log {
  lines: FakeLogLine[];
  readers: Set<ReadableStreamDefaultController<Uint8Array>>;
  answer?: (() => Response | Promise<Response>) | undefined;
}

/** Starts it and makes its Node. A container is named `<namespace>/<pod>/<container>`. */
export async function startFakeKubelet(apiserver: KubeApiserver, nodeName = "node-0"): Promise<FakeKubelet> {
  const logs = new Map<string, Log>();
  const logOf = (container: string): Log => {
    const log = logs.get(container) ?? { lines: [], readers: new Set() };
    logs.set(container, log);
    return log;
  };
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    idleTimeout: 0,
    tls: {
      cert: await Bun.file(join(apiserver.folder, "kubelet.crt")).text(),
      key: await Bun.file(join(apiserver.folder, "kubelet.key")).text(),
    },
    fetch(request) {
      const { pathname, searchParams } = new URL(request.url);
      const container = /^\/containerLogs\/(.+)$/.exec(pathname)?.[1];
      if (container === undefined) return new Response("not found", { status: 404 });
      const log = logOf(container);
      return log.answer?.() ?? serveLog(log, searchParams);
    },
  });
  await createObject(apiserver, {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name: nodeName },
    status: {
      addresses: [{ type: "InternalIP", address: "127.0.0.1" }],
      daemonEndpoints: { kubeletEndpoint: { Port: server.port } },
    },
  });
  return {
    nodeName,
    write(container, lines) {
      const log = logOf(container);
      log.lines.push(...lines);
      for (const reader of log.readers) reader.enqueue(encoded(lines, true));
    },
    end(container) {
      const { readers } = logOf(container);
      for (const reader of readers) reader.close();
      readers.clear();
    },
    answer(container, answer) {
      logOf(container).answer = answer;
    },
    get following() {
      return [...logs.values()].reduce((sum, { readers }) => sum + readers.size, 0);
    },
    [Symbol.asyncDispose]: () => server.stop(true),
  };
}

function serveLog(log: Log, query: URLSearchParams): Response {
  const since = query.get("sinceTime");
  const tail = query.get("tailLines");
  const recent = log.lines.filter(({ at }) => since === null || Date.parse(at) >= Date.parse(since));
  const lines = tail === null ? recent : recent.slice(Math.max(0, recent.length - Number(tail)));
  const text = encoded(lines, query.get("timestamps") === "true");
  if (query.get("follow") !== "true") return new Response(text);
  let reader: ReadableStreamDefaultController<Uint8Array>;
  return new Response(
    new ReadableStream<Uint8Array>({
      start(controller) {
        reader = controller;
        log.readers.add(controller);
        if (text.length > 0) controller.enqueue(text);
      },
      cancel() {
        log.readers.delete(reader);
      },
    }),
  );
}

const encoded = (lines: readonly FakeLogLine[], withTimes: boolean): Uint8Array<ArrayBuffer> =>
  new TextEncoder().encode(lines.map(({ at, text }) => `${withTimes ? `${at} ` : ""}${text}\n`).join(""));
