/** The results as a table in Markdown. */
export function tableOf(results) {
  const rows = results.map(({ title, bound, figure, broken, refused, state }) => [
    title,
    bound,
    [figure || refused || '', ...broken.map((each) => `**${oneLine(each)}**`)].filter(Boolean).join('; '),
    state,
  ]);
  const heading = ['attack', 'what must hold', 'measured', ''];
  const widths = heading.map((text, column) => Math.max(...[heading, ...rows].map((row) => row[column].length), 3));
  const line = (row) => `| ${row.map((text, column) => text.padEnd(widths[column])).join(' | ')} |`;
  return [line(heading), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

const oneLine = (text) => text.replaceAll(/\s+/g, ' ').replaceAll('|', '/').slice(0, 400);
