import { readFileSync, writeFileSync } from 'node:fs';

/**
 * Puts figures into a document, between its markers `<!-- figures -->` and `<!-- end of figures -->`.
 *
 * node bench/table.js FIGURES.json DOCUMENT.md
 */
const [figuresPath, documentPath] = process.argv.slice(2);
const { cpu, threads, gemm, node, date, figures } = JSON.parse(readFileSync(figuresPath, 'utf8'));
const [BEGIN, END] = ['<!-- figures -->', '<!-- end of figures -->'];

const beside = ({ seconds, peers }) =>
  peers.map((peer) => `${peer.name} ${time(peer.seconds)} (${(peer.seconds / seconds).toFixed(1)}x)`).join(', ');
const share = (figure) => (typeof figure.share === 'number' ? `${Math.round(100 * figure.share)} %` : '');
const rows = figures.map((figure) => [figure.name, time(figure.seconds), figure.rate, share(figure), beside(figure)]);
const text = [
  BEGIN,
  '',
  `${cpu}, ${threads} threads, Node ${node}, ${date}; large float32 Gemm of the engine in the same run: ${gemm.toFixed(0)} GFLOP/s.`,
  '',
  '| what | time | rate | of the Gemm | beside, in the same run |',
  '| :-- | --: | :-- | --: | :-- |',
  ...rows.map((cells) => `| ${cells.join(' | ')} |`),
  '',
  END,
].join('\n');
const document = readFileSync(documentPath, 'utf8');
const [before, after] = [document.indexOf(BEGIN), document.indexOf(END)];
if (before < 0 || after < before) throw new Error(`${documentPath} lacks the markers ${BEGIN} and ${END}`);
writeFileSync(documentPath, document.slice(0, before) + text + document.slice(after + END.length));

function time(seconds) {
  return seconds < 1 ? `${(1000 * seconds).toFixed(0)} ms` : `${seconds.toPrecision(3)} s`;
}
