/** Known to both sides, so a bundler puts it into a chunk that both entries share. */
export class OutOfStockError extends Error {
  static {
    this.prototype.name = 'OutOfStockError';
  }
}
