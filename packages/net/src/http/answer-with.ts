import type { IncomingMessage, ServerResponse } from 'node:http';

const TEXTS = { 500: 'Internal Server Error', 503: 'Service Unavailable' } as const;

/**
 * Answers a request in place of its handler. Headers that the handler has set are for another response. When it has sent
 * something, the connection is cut off: the client must not take a part for the whole.
 */
export function answerWith(status: 500 | 503, request: IncomingMessage, response: ServerResponse): void {
  if (response.headersSent) return void response.destroy();
  try {
    for (const name of response.getHeaderNames()) {
      if (name !== 'connection') response.removeHeader(name);
    }
    const text = TEXTS[status];
    response.statusCode = status;
    response.statusMessage = text;
    response.setHeader('content-type', 'text/plain');
    // The rest of an upload is not read any more, and a handler that is still running may do something to the connection.
    if (status === 503 || !request.complete) response.setHeader('connection', 'close');
    response.end(text);
  } catch {
    // Frameworks put functions of theirs in the place of Node's, and these may throw.
    response.destroy();
  }
}
