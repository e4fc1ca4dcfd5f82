/** Answers what the attack asks for. Ends with the attack. */
export function obey(methods) {
  process.on('disconnect', () => process.exit());
  process.on('message', (question) => void answer(methods, question));
}

async function answer(methods, { id, method, argument }) {
  try {
    const result = method === 'ready' ? await methods.ready?.() : await methods[method](argument);
    process.send({ id, result: result ?? null });
  } catch (error) {
    process.send({ id, error: String(error?.stack ?? error) });
  }
}
