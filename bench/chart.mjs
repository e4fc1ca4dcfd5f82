// The results as a picture: a group of bars for each workload, on a logarithmic scale.

const COLOURS = { promises: '#9aa5b1', tercet: '#0b7285', effect: '#e8590c', effection: '#ae3ec9', trio: '#2f9e44' };
const LABEL = 300;
const WIDTH = 560;
const BAR = 10;
const GAP = 14;

/** @param {{ name: string, nanoseconds: Record<string, number> }[]} results */
export function chart(results) {
  const longest = Math.log10(
    Math.max(...results.flatMap(({ nanoseconds }) => Object.values(nanoseconds).filter(Number.isFinite))),
  );
  const parts = [];
  let y = 40;
  for (const { name, nanoseconds } of results) {
    const libraries = Object.keys(COLOURS).filter((library) => nanoseconds[library] !== undefined);
    const middle = y + (libraries.length * BAR) / 2 + 4;
    parts.push(`<text x="${LABEL - 8}" y="${middle}" text-anchor="end">${name}</text>`);
    for (const library of libraries) {
      const width = Math.max(1, (WIDTH * Math.log10(nanoseconds[library])) / longest);
      parts.push(
        `<rect x="${LABEL}" y="${y}" width="${width.toFixed(1)}" height="${BAR - 2}" fill="${COLOURS[library]}"/>`,
        `<text x="${(LABEL + width + 4).toFixed(1)}" y="${y + BAR - 2}" class="value">${describe(nanoseconds[library])}</text>`,
      );
      y += BAR;
    }
    y += GAP;
  }
  const legend = Object.entries(COLOURS).map(
    ([library, colour], index) =>
      `<rect x="${LABEL + index * 110}" y="12" width="10" height="10" fill="${colour}"/>` +
      `<text x="${LABEL + 16 + index * 110}" y="21">${library}</text>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${LABEL + WIDTH + 80}" height="${y}" font-family="sans-serif" font-size="12">
<style>.value { font-size: 9px; fill: #495057 }</style>
<rect width="100%" height="100%" fill="white"/>
${[...legend, ...parts].join('\n')}
</svg>
`;
}

function describe(nanoseconds) {
  if (nanoseconds < 1000) return `${nanoseconds.toFixed(0)} ns`;
  return nanoseconds < 1e6 ? `${(nanoseconds / 1000).toFixed(1)} µs` : `${(nanoseconds / 1e6).toFixed(1)} ms`;
}
