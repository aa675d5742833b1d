/** The fetch a client uses: the platform's own, or one that adds what a proxy wants. */
export type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

export interface ClientOptions {
  /** Where the server is, as in `https://flux.example.com`; a path is kept. */
  readonly url: string | URL;
  /** Sent as a bearer token with every request. */
  readonly token?: string;
  readonly fetch?: Fetch;
  /** How long a call may take, milliseconds; 30 s unless told. Watching has no end. */
  readonly timeoutMs?: number;
}

/** What links need: the address of tRPC, and a fetch that has signed in. */
export interface Connection {
  readonly url: string;
  readonly fetch: Fetch;
}

/** @throws TypeError when the url is none */
export function connectionOf({ url, token, fetch = globalThis.fetch }: ClientOptions): Connection {
  const base = new URL(url);
  base.pathname = `${base.pathname.replace(/\/+$/, "")}/trpc`;
  return {
    url: base.href,
    fetch(input, init) {
      const headers = new Headers(init?.headers);
      if (token !== undefined) headers.set("authorization", `Bearer ${token}`);
      return fetch(input, { ...init, headers });
    },
  };
}
