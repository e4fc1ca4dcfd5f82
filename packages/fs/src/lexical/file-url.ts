import { encodePath } from './path-bytes.ts';

/**
 * The `file:` URL of an absolute path.
 *
 * @param drive `C:` or a share, for a Windows path; otherwise empty.
 * @param path the rest of the path, with `/` between the names.
 */
export function fileURL(drive: string, path: string): URL {
  const escaped = escape(path);
  const host = drive.replace(/^\\\\\?\\(?:UNC(?=\\))?/, (prefix) => (prefix.endsWith('C') ? '\\' : ''));
  if (host === '') return new URL(`file://${escaped}`);
  return new URL(host.endsWith(':') ? `file:///${host}${escaped}` : `file:${host.replaceAll('\\', '/')}${escaped}`);
}

function escape(text: string): string {
  const unescaped = /[A-Za-z0-9_.~/-]/;
  let escaped = '';
  for (const byte of encodePath(text)) {
    const character = String.fromCharCode(byte);
    escaped += unescaped.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return escaped;
}
