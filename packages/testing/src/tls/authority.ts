import { generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import { isIP } from "node:net";
import type { KeyPair } from "../kubernetes/certificates.ts";
import * as asn1 from "./der.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const ECDSA_WITH_SHA256 = asn1.sequence(asn1.objectIdentifier("1.2.840.10045.4.3.2"));

export interface LeafRequest {
  commonName: string;
  organizations?: readonly string[];
  /** Host names and IP addresses it is for. */
  names?: readonly string[];
  /** A month from now unless told; in the past for one that has expired. */
  notAfter?: Date;
  notBefore?: Date;
  /** Size of an RSA key; an ECDSA P-256 key without it. */
  rsaBits?: number;
}

/** A certificate authority of its own, made in this process: no command, no file, a millisecond a certificate. */
export interface Authority {
  /** PEM. */
  readonly cert: string;
  issue(request: LeafRequest): KeyPair;
}

export function createAuthority(commonName = "authority"): Authority {
  const subject = nameOf([], `${commonName} ${randomBytes(4).toString("hex")}`);
  const own = newKeyPair();
  const extensions = [
    extension("2.5.29.19", asn1.sequence(asn1.TRUE), true),
    extension("2.5.29.15", asn1.bits(Buffer.from([0b0000_0110]), 1), true),
  ];
  const validity = { notBefore: new Date(Date.now() - DAY_MS), notAfter: new Date(Date.now() + 30 * DAY_MS) };
  const make = (of: Buffer, key: KeyObject, dates: typeof validity, more: Buffer[]) =>
    certificate({ issuer: subject, subject: of, publicKey: key, ...dates, extensions: more }, own.privateKey);
  return {
    cert: make(subject, own.publicKey, validity, extensions),
    issue({ commonName: name, organizations = [], names = [], rsaBits, ...dates }) {
      const leaf = newKeyPair(rsaBits);
      const more = [
        extension("2.5.29.15", asn1.bits(Buffer.from([0b1000_0000]), 7), true),
        extension(
          "2.5.29.37",
          asn1.sequence(...["1", "2"].map((use) => asn1.objectIdentifier(`1.3.6.1.5.5.7.3.${use}`))),
        ),
        ...(names.length === 0 ? [] : [extension("2.5.29.17", asn1.sequence(...names.map(alternativeName)))]),
      ];
      const cert = make(nameOf(organizations, name), leaf.publicKey, { ...validity, ...dates }, more);
      return { cert, key: leaf.privateKey.export({ type: "pkcs8", format: "pem" }).toString() };
    },
  };
}

function newKeyPair(rsaBits?: number): { publicKey: KeyObject; privateKey: KeyObject } {
  return rsaBits === undefined
    ? generateKeyPairSync("ec", { namedCurve: "P-256" })
    : generateKeyPairSync("rsa", { modulusLength: rsaBits });
}

function certificate(
  fields: {
    issuer: Buffer;
    subject: Buffer;
    publicKey: KeyObject;
    notBefore: Date;
    notAfter: Date;
    extensions: Buffer[];
  },
  signer: KeyObject,
): string {
  const body = asn1.sequence(
    asn1.explicit(0, asn1.integer(Buffer.from([2]))),
    asn1.integer(Buffer.concat([Buffer.from([1]), randomBytes(11)])),
    ECDSA_WITH_SHA256,
    fields.issuer,
    asn1.sequence(asn1.utcTime(fields.notBefore), asn1.utcTime(fields.notAfter)),
    fields.subject,
    fields.publicKey.export({ type: "spki", format: "der" }),
    asn1.explicit(3, asn1.sequence(...fields.extensions)),
  );
  return asn1.pem("CERTIFICATE", asn1.sequence(body, ECDSA_WITH_SHA256, asn1.bits(sign("sha256", body, signer))));
}

function nameOf(organizations: readonly string[], commonName: string): Buffer {
  const part = (oid: string, text: string) => asn1.set(asn1.sequence(asn1.objectIdentifier(oid), asn1.utf8(text)));
  return asn1.sequence(...organizations.map((text) => part("2.5.4.10", text)), part("2.5.4.3", commonName));
}

const extension = (oid: string, value: Buffer, critical = false): Buffer =>
  asn1.sequence(asn1.objectIdentifier(oid), ...(critical ? [asn1.TRUE] : []), asn1.octets(value));

function alternativeName(name: string): Buffer {
  if (isIP(name) === 4) return asn1.implicit(7, Buffer.from(name.split(".").map(Number)));
  if (isIP(name) === 6) throw new Error("IPv6 names are not made here: use a host name");
  return asn1.implicit(2, Buffer.from(name));
}
