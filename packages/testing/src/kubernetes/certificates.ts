import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { run } from "../processes/run.ts";

/** PEM texts. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

export interface CertificateRequest {
  /** The file name, without extension, in the authority's folder. */
  readonly file: string;
  readonly commonName: string;
  readonly organizations?: readonly string[];
  /** `DNS:…` and `IP:…`; only servers need them. */
  readonly alternativeNames?: readonly string[];
}

export interface CertificateAuthority {
  readonly folder: string;
  readonly cert: string;
  issue(request: CertificateRequest): Promise<KeyPair>;
}

/** A certificate authority of ECDSA P-256 keys in a folder, by the `openssl` command (LibreSSL's will do). */
export async function createCertificateAuthority(folder: string): Promise<CertificateAuthority> {
  const path = (name: string) => join(folder, name);
  await createKey(path("ca.key"));
  await writeFile(
    path("ca.cnf"),
    "[req]\ndistinguished_name=dn\nx509_extensions=ca\n[dn]\n[ca]\nbasicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n",
  );
  await run([
    "openssl",
    "req",
    "-x509",
    "-new",
    "-key",
    path("ca.key"),
    "-subj",
    "/CN=flux-orchestrator-test",
    "-days",
    "30",
    "-config",
    path("ca.cnf"),
    "-out",
    path("ca.crt"),
  ]);
  return {
    folder,
    cert: await readFile(path("ca.crt"), "utf8"),
    async issue({ file, commonName, organizations = [], alternativeNames = [] }) {
      const [key, request, cert, extensions] = ["key", "csr", "crt", "ext"].map((kind) => path(`${file}.${kind}`)) as [
        string,
        string,
        string,
        string,
      ];
      const subject = [...organizations.map((name) => `O=${escaped(name)}`), `CN=${escaped(commonName)}`];
      await createKey(key);
      await run([
        "openssl",
        "req",
        "-new",
        "-key",
        key,
        "-subj",
        `/${subject.join("/")}`,
        "-config",
        path("ca.cnf"),
        "-out",
        request,
      ]);
      await writeFile(
        extensions,
        `keyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth,clientAuth\n${alternativeNames.length > 0 ? `subjectAltName=${alternativeNames.join(",")}\n` : ""}`,
      );
      const serial = `0x${Buffer.from(crypto.getRandomValues(new Uint8Array(8))).toString("hex")}`;
      await run([
        "openssl",
        "x509",
        "-req",
        "-in",
        request,
        "-CA",
        path("ca.crt"),
        "-CAkey",
        path("ca.key"),
        "-set_serial",
        serial,
        "-days",
        "30",
        "-sha256",
        "-extfile",
        extensions,
        "-out",
        cert,
      ]);
      return { cert: await readFile(cert, "utf8"), key: await readFile(key, "utf8") };
    },
  };
}

/** The pair that signs and proves service-account tokens. */
export async function createSigningKey(privateFile: string, publicFile: string): Promise<void> {
  await createKey(privateFile);
  await run(["openssl", "ec", "-in", privateFile, "-pubout", "-out", publicFile]);
}

async function createKey(file: string): Promise<void> {
  await run(["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", file]);
}

/** `/`, `+` and `\` divide the parts of a `-subj`; names such as `system:serviceaccount:…` pass as they are. */
function escaped(name: string): string {
  return name.replace(/[\\/+=]/g, "\\$&");
}
