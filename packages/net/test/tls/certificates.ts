import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { isIP } from 'node:net';

/** A certificate and its key, as PEM. */
export interface Identity {
  readonly cert: string;
  readonly key: string;
}

/** An authority that exists only in the tests. */
export interface Authority extends Identity {
  /** Makes a certificate for hosts, names or IP addresses. */
  issue(...hosts: string[]): Identity;
  /** Makes one that is not valid any more. */
  issueExpired(...hosts: string[]): Identity;
}

type Keys = { readonly publicKey: KeyObject; readonly privateKey: KeyObject };

/** Makes an authority that signs certificates with ECDSA on P-256. */
export function makeAuthority(name: string): Authority {
  const keys = makeKeys();
  const self = certificate({
    subject: name,
    issuer: name,
    subjectKeys: keys,
    issuerKeys: keys,
    hosts: [],
    isAuthority: true,
  });
  const issue = (hosts: readonly string[], isExpired: boolean): Identity =>
    certificate({
      subject: hosts[0]!,
      issuer: name,
      subjectKeys: makeKeys(),
      issuerKeys: keys,
      hosts,
      isAuthority: false,
      isExpired,
    });
  return { ...self, issue: (...hosts) => issue(hosts, false), issueExpired: (...hosts) => issue(hosts, true) };
}

function makeKeys(): Keys {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' });
}

interface Request {
  readonly subject: string;
  readonly issuer: string;
  readonly subjectKeys: Keys;
  readonly issuerKeys: Keys;
  readonly hosts: readonly string[];
  readonly isAuthority: boolean;
  readonly isExpired?: boolean;
}

const ECDSA_WITH_SHA256 = [1, 2, 840, 10_045, 4, 3, 2];
const COMMON_NAME = [2, 5, 4, 3];
const BASIC_CONSTRAINTS = [2, 5, 29, 19];
const SUBJECT_ALT_NAME = [2, 5, 29, 17];
const SUBJECT_KEY_ID = [2, 5, 29, 14];
const AUTHORITY_KEY_ID = [2, 5, 29, 35];

function certificate(request: Request): Identity {
  const algorithm = sequence(oid(ECDSA_WITH_SHA256));
  const subjectKey = request.subjectKeys.publicKey.export({ type: 'spki', format: 'der' });
  const issuerKey = request.issuerKeys.publicKey.export({ type: 'spki', format: 'der' });
  const extensions = [
    extension(BASIC_CONSTRAINTS, sequence(...(request.isAuthority ? [tlv(0x01, Buffer.of(0xff))] : []))),
    extension(SUBJECT_KEY_ID, tlv(0x04, keyId(subjectKey))),
    extension(AUTHORITY_KEY_ID, sequence(tlv(0x80, keyId(issuerKey)))),
    ...(request.hosts.length > 0 ? [extension(SUBJECT_ALT_NAME, sequence(...request.hosts.map(generalName)))] : []),
  ];
  const toBeSigned = sequence(
    tlv(0xa0, integer(Buffer.of(2))),
    integer(Buffer.concat([Buffer.of(1), randomBytes(8)])),
    algorithm,
    commonName(request.issuer),
    sequence(time(-2), time(request.isExpired === true ? -1 : 1)),
    commonName(request.subject),
    subjectKey,
    tlv(0xa3, sequence(...extensions)),
  );
  const signature = sign('sha256', toBeSigned, request.issuerKeys.privateKey);
  const der = sequence(toBeSigned, algorithm, bitString(signature));
  // Without an empty line at the end, which OpenSSL does not accept: the length of a signature varies.
  const base64 = der.toString('base64').replaceAll(/.{64}(?=.)/g, '$&\n');
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`,
    key: request.subjectKeys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

// Just as much of DER as a certificate needs.

function tlv(tag: number, ...contents: Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  const head =
    length < 128 ? [tag, length] : length < 256 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(head), content]);
}

function sequence(...items: Buffer[]): Buffer {
  return tlv(0x30, ...items);
}

function integer(bytes: Buffer): Buffer {
  return tlv(0x02, bytes);
}

function bitString(bytes: Buffer): Buffer {
  return tlv(0x03, Buffer.of(0), bytes);
}

function oid([first, second, ...rest]: readonly number[]): Buffer {
  const bytes = [40 * first! + second!];
  for (const arc of rest) {
    const groups = [arc & 0x7f];
    for (let left = arc >> 7; left > 0; left >>= 7) groups.unshift((left & 0x7f) | 0x80);
    bytes.push(...groups);
  }
  return tlv(0x06, Buffer.from(bytes));
}

function commonName(name: string): Buffer {
  return sequence(tlv(0x31, sequence(oid(COMMON_NAME), tlv(0x0c, Buffer.from(name)))));
}

function time(yearsFromNow: number): Buffer {
  const date = new Date();
  date.setUTCFullYear(date.getUTCFullYear() + yearsFromNow);
  return tlv(0x18, Buffer.from(`${date.toISOString().replaceAll(/[-:T]/g, '').slice(0, 14)}Z`));
}

function extension(id: readonly number[], value: Buffer): Buffer {
  return sequence(oid(id), tlv(0x04, value));
}

function generalName(host: string): Buffer {
  if (isIP(host) === 4) return tlv(0x87, Buffer.from(host.split('.').map(Number)));
  return tlv(0x82, Buffer.from(host));
}

function keyId(publicKey: Buffer): Buffer {
  return createHash('sha1').update(publicKey).digest();
}
