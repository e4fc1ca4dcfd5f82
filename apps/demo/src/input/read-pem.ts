import { createPrivateKey, X509Certificate } from 'node:crypto';
import { describeError } from '@tercet/core/lowlevel';
import { UsageError } from './usage-error.ts';
import { readTextFile } from './read-text-file.ts';

/** @returns the text of the file. @throws {UsageError} when it does not contain a certificate. */
export function readCertificate(file: string): Promise<string> {
  return readPem(file, 'a certificate', (pem) => new X509Certificate(pem));
}

/** @returns the text of the file. @throws {UsageError} when it does not contain a private key. */
export function readKey(file: string): Promise<string> {
  return readPem(file, 'a private key', createPrivateKey);
}

// The error of TLS says only that something cannot be decoded, and not which file.
async function readPem(file: string, what: string, parse: (pem: string) => unknown): Promise<string> {
  const pem = await readTextFile(file, `the file with ${what}`);
  try {
    parse(pem);
  } catch (error) {
    throw new UsageError(`${file} is not a file with ${what}: ${describeError(error)}`, { cause: error });
  }
  return pem;
}
