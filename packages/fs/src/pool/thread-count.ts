/** How many threads Node's pool has. */
export function threadCount(): number {
  const configured = Number.parseInt(process.env['UV_THREADPOOL_SIZE'] ?? '', 10);
  return configured > 0 ? configured : 4;
}
