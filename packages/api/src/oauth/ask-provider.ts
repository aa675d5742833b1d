import { DomainError, type OAuthProvider } from "@flux-orchestrator/contract";

const TIMEOUT_MS = 10_000;
/** Bytes; a token answer has a few thousand. */
const ANSWER_MAX = 64 * 1024;

type Client = Pick<OAuthProvider, "provider" | "clientId" | "redirectUrl"> & { clientSecret: string };

/** The question a provider can only answer for a client that it knows: what is sent, and whether the answer says so. */
interface Question {
  form(client: Client): Record<string, string>;
  knows(answer: Record<string, unknown>): boolean;
}

const QUESTIONS: Record<OAuthProvider["provider"], Question> = {
  // A code that nobody was given: whether it is good is looked at after client and secret.
  github: {
    form: ({ clientId, clientSecret }) => ({ client_id: clientId, client_secret: clientSecret, code: "test" }),
    knows: ({ error }) => error === "bad_verification_code",
  },
  // A token for the client itself, which is dropped at once.
  entra: {
    form: ({ clientId, clientSecret }) => ({
      client_id: clientId,
      client_secret: clientSecret,
      grant_type: "client_credentials",
      scope: "https://graph.microsoft.com/.default",
    }),
    knows: (answer) => typeof answer["access_token"] === "string",
  },
};

/** Answers that are about the client; others are about the provider's own day. */
const REFUSALS: ReadonlySet<number> = new Set([200, 400, 401, 403, 404]);

/**
 * Asks a provider's token endpoint about a client.
 * @returns null when it knows the client by that secret; else why not, PROVIDER_REFUSED or PROVIDER_UNREACHABLE
 */
export async function askProvider(url: string, client: Client, signal: AbortSignal): Promise<DomainError | null> {
  const { form, knows } = QUESTIONS[client.provider];
  let answer: { status: number; json: Record<string, unknown> };
  try {
    answer = await ask(url, form(client), AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]));
  } catch (cause) {
    return unreachable("The provider cannot be reached, or does not answer as one.", cause);
  }
  if (knows(answer.json)) return null;
  if (!REFUSALS.has(answer.status) || typeof answer.json["error"] !== "string")
    return unreachable("The provider cannot answer right now.");
  return new DomainError("PROVIDER_REFUSED", "The provider does not accept this client and its secret.", {
    hint:
      client.provider === "entra"
        ? "Compare the directory id, the client id and the secret's value with the app registration; secrets end."
        : "Compare the client id and the secret with the settings of the OAuth app.",
  });
}

async function ask(url: string, form: Record<string, string>, signal: AbortSignal) {
  const response = await fetch(url, {
    method: "POST",
    headers: { accept: "application/json" },
    body: new URLSearchParams(form),
    // The secret goes to the provider and nowhere else.
    redirect: "error",
    signal,
  });
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > ANSWER_MAX) throw new Error("the answer is too long");
  }
  return { status: response.status, json: Object(JSON.parse(text)) as Record<string, unknown> };
}

const unreachable = (message: string, cause?: unknown) =>
  new DomainError("PROVIDER_UNREACHABLE", message, { hint: "Try again a little later.", cause });
