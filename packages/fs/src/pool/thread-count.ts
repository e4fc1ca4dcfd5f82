/** The number of threads in Node's pool. */
export function threadCount(): number {
  const configured = Number.parseInt(process.env['UV_THREADPOOL_SIZE'] ?? '', 10);
  return configured > 0 ? configured : 4;
}
