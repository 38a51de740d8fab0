/** A terminal as a picture: lines that appear one after the other in SVG, as text. Where nothing is animated all are there. */

const columns = 80;
const charWidth = 8.4;
const lineHeight = 19;
const padding = 16;
const titleHeight = 30;
const typingSeconds = 0.035;
const pauseSeconds = 0.9;
const outputSeconds = 0.25;

const style = `
.terminal{font:14px ui-monospace,"DejaVu Sans Mono",Menlo,Consolas,monospace;fill:#d8dee9;white-space:pre}
.prompt{fill:#8fbc8f}.command{fill:#fff}
.line{animation:appear 1ms linear backwards}
@keyframes appear{from{visibility:hidden}to{visibility:visible}}
@media (prefers-reduced-motion){.line{animation:none}}`;

/**
 * @param {string} title
 * @param {readonly { command: string, output: string }[]} steps what was typed, and what came of it
 * @returns {string} an SVG
 * @throws {Error} if a line is wider than the terminal
 */
export function recordingOf(title, steps) {
  const lines = [];
  let at = 0.5;
  for (const { command, output } of steps) {
    lines.push({ at, text: `$ ${command}`, isCommand: true });
    at += command.length * typingSeconds + outputSeconds;
    for (const text of output.replace(/\n$/, '').split('\n')) {
      if (output !== '') lines.push({ at, text, isCommand: false });
    }
    at += pauseSeconds;
  }
  const tooWide = lines.find(({ text }) => [...text].length > columns);
  if (tooWide !== undefined) throw new Error(`This is too wide for the picture: ${tooWide.text}`);
  const width = Math.ceil(columns * charWidth + 2 * padding);
  const height = titleHeight + lines.length * lineHeight + padding;
  const shown = lines.map((line, index) => textOf(line, titleHeight + (index + 1) * lineHeight));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
<title>${escaped(title)}</title>
<style>${style}
</style>
<rect width="${width}" height="${height}" rx="8" fill="#1f2430"/>
<g fill="#59607a"><circle cx="20" cy="16" r="5"/><circle cx="38" cy="16" r="5"/><circle cx="56" cy="16" r="5"/></g>
<g class="terminal" xml:space="preserve">
${shown.join('\n')}
</g>
</svg>
`;
}

function textOf({ at, text, isCommand }, y) {
  const place = `class="line" style="animation-delay:${at.toFixed(2)}s" x="${padding}" y="${y}"`;
  // as wide in every font
  const length = `textLength="${([...text].length * charWidth).toFixed(1)}" lengthAdjust="spacingAndGlyphs"`;
  const content = isCommand
    ? `<tspan class="prompt">$</tspan><tspan class="command">${escaped(text.slice(1))}</tspan>`
    : escaped(text);
  return `<text ${place} ${text === '' ? '' : length}>${content}</text>`;
}

function escaped(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
