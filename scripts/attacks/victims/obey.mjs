/** Answers what the attack asks for. Ends with the attack. */
export function obey(methods) {
  process.on('disconnect', () => process.exit());
  process.on('message', async ({ id, method, argument }) => {
    try {
      process.send({
        id,
        result: (method === 'ready' ? await methods.ready?.() : await methods[method](argument)) ?? null,
      });
    } catch (error) {
      process.send({ id, error: String(error?.stack ?? error) });
    }
  });
}
