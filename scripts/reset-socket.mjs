/**
 * Lets a socket vanish with a reset, as a peer that has crashed does. If its end is being sent, it is closed without one: from
 * 20 to 26, Node cannot reset it then. It would stay open, and the process would never end, but use its processor for ever.
 */
export function resetSocket(socket) {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}
