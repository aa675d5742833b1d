import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { KubeconfigError } from "./kubeconfig-error.ts";

const BASE64_MAX = 256 * 1024;
const CERTIFICATES_MAX = 100;
const RSA_BITS_MIN = 2048;
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/** Authorities given as base64 of PEM. @throws KubeconfigError KUBECONFIG_CA */
export function parseAuthorities(value: unknown, path: string): string {
  const refuse = () =>
    new KubeconfigError("KUBECONFIG_CA", "The certificate authority is not base64 of 1 to 100 PEM certificates.", {
      path,
    });
  const pem = decode(value);
  const found = pem?.match(CERTIFICATE) ?? [];
  if (found.length === 0 || found.length > CERTIFICATES_MAX || !found.every((one) => certificateOf(one) !== null))
    throw refuse();
  return found.join("\n");
}

/**
 * A client certificate and its key, both given as base64 of PEM.
 * @returns PEM, and when the certificate ends
 * @throws KubeconfigError KUBECONFIG_CLIENT_CERT
 */
export function parseClientCertificate(
  certificate: unknown,
  key: unknown,
  path: string,
): { cert: string; key: string; expiresAt: Date } {
  const refuse = (message: string) => new KubeconfigError("KUBECONFIG_CLIENT_CERT", message, { path });
  if (certificate === undefined || key === undefined)
    throw refuse("A client certificate needs both client-certificate-data and client-key-data.");
  const cert = decode(certificate)?.match(CERTIFICATE)?.join("\n") ?? "";
  const leaf = certificateOf(cert);
  if (leaf === null) throw refuse("client-certificate-data is not base64 of a PEM certificate.");
  const pem = decode(key) ?? "";
  const privateKey = keyOf(pem);
  if (privateKey === null) throw refuse("client-key-data is not base64 of an unencrypted PEM private key.");
  if (privateKey.asymmetricKeyType === "rsa" && (privateKey.asymmetricKeyDetails?.modulusLength ?? 0) < RSA_BITS_MIN) {
    throw refuse("The client key is an RSA key of less than 2048 bits.");
  }
  if (!leaf.checkPrivateKey(privateKey)) throw refuse("The client key does not belong to the client certificate.");
  const expiresAt = new Date(leaf.validTo);
  if (expiresAt.getTime() <= Date.now()) throw refuse("The client certificate has expired.");
  return { cert, key: pem, expiresAt };
}

function decode(value: unknown): string | null {
  if (typeof value !== "string" || value.length > BASE64_MAX) return null;
  const compact = value.replace(/\s+/g, "");
  return /^[A-Za-z0-9+/]+={0,2}$/.test(compact) ? Buffer.from(compact, "base64").toString("utf8") : null;
}

function certificateOf(pem: string): X509Certificate | null {
  try {
    return new X509Certificate(pem);
  } catch {
    return null;
  }
}

function keyOf(pem: string): KeyObject | null {
  try {
    return createPrivateKey(pem);
  } catch {
    return null;
  }
}

/** When a token ends, where it is a JWT that says so; null otherwise. Nothing is verified. */
export function tokenExpiry(token: string): Date | null {
  const [, claims] = token.split(".");
  if (claims === undefined) return null;
  try {
    const { exp } = JSON.parse(Buffer.from(claims, "base64url").toString("utf8")) as { exp?: unknown };
    return typeof exp === "number" && exp > 0 && exp < 4_102_444_800 ? new Date(exp * 1000) : null;
  } catch {
    return null;
  }
}
