// How a changeset becomes an entry of a changelog: its text as it is, and one line for the siblings that a package now needs.

export default { getReleaseLine, getDependencyReleaseLine };

function getReleaseLine({ summary }) {
  const [first, ...rest] = summary.split('\n').map((line) => line.trimEnd());
  return [`- ${first}`, ...rest.map((line) => (line === '' ? '' : `  ${line}`))].join('\n');
}

function getDependencyReleaseLine(_changesets, updated) {
  if (updated.length === 0) return '';
  return `- Needs ${updated.map(({ name, newVersion }) => `\`${name}\` ${newVersion}`).join(', ')} or later.`;
}
