import { openTask } from '../dist/datasets/open-task.js';
import { openParquet } from '../dist/datasets/parquet-file.js';
import { RandomFile } from '../dist/datasets/random-file.js';
import { textLists } from '../dist/datasets/text-lists.js';
import { seconds } from './timing.js';

/**
 * Reads rows in a process of its own, whose memory is that of reading: `node bench/rows-child.js FOLDER FORMAT TASK`. Prints
 * seconds to the first row, to open and check all rows, and to stream the texts once more; and the peak memory in bytes.
 */
const [, , folder, format, task] = process.argv;
const first = format === 'parquet' ? await seconds(firstRow) : undefined;
let reading;
const opened = await seconds(async () => {
  reading = await openTask(JSON.parse(task), { dataDir: folder });
});
if (reading.data === undefined) throw new Error(JSON.stringify(reading.problems));
let texts = 0;
const streamed = await seconds(async () => {
  for (const list of textLists(reading.data)) for await (const chunk of list.texts()) texts += chunk.length;
});
const peak = process.resourceUsage().maxRSS * 1024;
console.log(JSON.stringify({ first, opened, streamed, texts, peak }));

async function firstRow() {
  const path = `${folder}/corpus.parquet`;
  const file = await RandomFile.open(path, path);
  try {
    const parquet = await openParquet(file);
    const column = parquet.columns.find(({ name }) => name === 'text');
    for await (const cells of parquet.read(column)) if (cells.length > 0) break;
  } finally {
    await file.close();
  }
}
