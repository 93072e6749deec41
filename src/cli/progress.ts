import stringWidth from 'string-width';
import type { OnRunEvent, RunEvent } from '../run/events.js';
import { points } from '../results/points.js';
import { oneLine } from '../results/text-table.js';
import type { Invocation } from './command.js';

/** Without a terminal a line of progress is written at most so often. */
const PLAIN_EVERY_MS = 10_000;

/**
 * Shows the events of a run on stderr: on a terminal one line that changes, else plain lines.
 *
 * `json` writes them to stdout in place of that, one object a line; `quiet` shows nothing, `noProgress` only results and remarks.
 */
export class ProgressPrinter {
  private shown = 0;
  private isShowing = false;
  private position = '';

  constructor(
    private readonly invocation: Pick<Invocation, 'out' | 'err' | 'terminal'>,
    private readonly options: { readonly json?: boolean; readonly quiet?: boolean; readonly noProgress?: boolean },
  ) {}

  readonly onEvent: OnRunEvent = (event) => {
    if (this.options.json === true) return this.invocation.out(`${JSON.stringify(event)}\n`);
    if (this.options.quiet === true) return;
    if (event.event === 'task') this.position = `[${event.position}/${event.of}] ${event.task}`;
    const status = statusOf(event, this.position);
    if (status !== undefined) this.showStatus(status);
    else for (const line of linesOf(event)) this.line(line);
  };

  /** Removes the changing line. */
  clear(): void {
    if (this.isShowing) this.invocation.err('\r\u001b[2K');
    this.isShowing = false;
  }

  private line(text: string): void {
    this.clear();
    this.invocation.err(`${text}\n`);
  }

  private showStatus(text: string): void {
    if (this.options.noProgress === true) return;
    const { stderr, columns } = this.invocation.terminal;
    if (stderr) {
      this.invocation.err(`\r\u001b[2K${fit(text, columns - 1)}`);
      this.isShowing = true;
      return;
    }
    const now = Date.now();
    if (now - this.shown < PLAIN_EVERY_MS) return;
    this.shown = now;
    this.line(text);
  }
}

type EventOf<Name extends RunEvent['event']> = Extract<RunEvent, { event: Name }>;

function statusOf(event: RunEvent, position: string): string | undefined {
  switch (event.event) {
    case 'task':
      return position;
    case 'embedding': {
      const { list, done, total, textsPerSecond, tokensPerSecond, secondsLeft } = event;
      const share = total === 0 ? 100 : Math.floor((100 * done) / total);
      const rates = [
        textsPerSecond === null ? [] : [`${count(textsPerSecond)} texts/s`],
        tokensPerSecond === null ? [] : [`${count(tokensPerSecond)} tokens/s`],
        secondsLeft === null ? [] : [`${duration(secondsLeft)} left`],
      ].flat();
      return [
        `${position === '' ? '' : `${position} `}${list}: ${count(done)} of ${count(total)} texts embedded (${share} %)`,
        ...rates,
      ].join(', ');
    }
    case 'fetching': {
      const { doneFiles, files, doneBytes, bytes, bytesPerSecond, secondsLeft } = event;
      const share = bytes === 0 ? 100 : Math.floor((100 * doneBytes) / bytes);
      return [
        `${size(doneBytes)} of ${size(bytes)} fetched (${share} %), ${doneFiles} of ${filesOf(files)}`,
        ...(bytesPerSecond === null ? [] : [`${size(bytesPerSecond)}/s`]),
        ...(secondsLeft === null ? [] : [`${duration(secondsLeft)} left`]),
      ].join(', ');
    }
    case 'scoring': {
      const of = event.total > 0 ? ` ${count(event.done)} of ${count(event.total)}` : '';
      return `${position}: ${event.step}${of}`;
    }
    default:
      return undefined;
  }
}

function linesOf(event: RunEvent): string[] {
  switch (event.event) {
    case 'model':
      return [`${event.model}: ${describeSettings(event.settings)}`, `variant ${event.variant}`];
    case 'plan': {
      const kept = event.kept > 0 ? `, ${event.kept} with a result that still holds` : '';
      const stored = event.stored > 0 ? `, ${count(event.stored)} stored already` : '';
      const texts = event.kept === event.tasks ? '' : `; ${count(event.texts)} texts${stored}`;
      return [`${event.tasks} tasks${kept}${texts}`];
    }
    case 'device':
      return [event.asked === null ? `hint: ${event.message}` : `device ${event.device}: ${event.message}`];
    case 'budget':
      return [`${event.model}: batches of ${count(event.batchTokens)} tokens, found by doubling on ${event.device}`];
    case 'estimate':
      return estimateLines(event);
    case 'result': {
      const { task, state, metric, value, choice, kept, seconds, reason } = event;
      if (state === 'failed') return [`${task}: failed: ${oneLine(reason ?? '')}`];
      const chosen = choice === null ? '' : ` (${choice})`;
      const remark = kept ? 'kept' : duration(seconds);
      return [`${task}: ${metric} ${points(value)}${chosen}, ${state === 'partial' ? 'partial, ' : ''}${remark}`];
    }
    case 'fetch-plan':
      return fetchLines(event);
    case 'fetched':
      return [`fetched ${size(event.bytes)} in ${filesOf(event.files)}, ${duration(event.seconds)}`];
    case 'warning':
      return [`warning: ${event.task === undefined ? '' : `${event.task}: `}${event.message}`];
    default:
      return [];
  }
}

/** Tasks that are named with their share of the work. */
const SHARES_SHOWN = 3;

/** What lies ahead, and which tasks it is for. */
function estimateLines({ texts, tokens, bytes, seconds, scores, tasks }: EventOf<'estimate'>): string[] {
  const time = seconds === null ? '' : `, about ${duration(seconds)}`;
  const counted = tokens === null ? '' : `, about ${about(tokens)} tokens`;
  const line = `to embed: ${count(texts)} texts${counted}, ${size(bytes)} of vectors${time}`;
  const [most, ...others] = [...tasks].sort((a, b) => b.share - a.share);
  if (others.length === 0) return [line];
  if (most.share > 0.5)
    return [line, `${most.task} is ${percent(most.share)} of the work and 1/${scores} of the score`];
  const shares = [most, ...others].slice(0, SHARES_SHOWN).map(({ task, share }) => `${task} ${percent(share)}`);
  return [line, `of the work: ${shares.join(', ')}`];
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}

/** An estimated number: two digits of it. */
function about(value: number): string {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, value))) - 1);
  return count(Math.round(value / unit) * unit);
}

/** What is fetched of each repository, and all together. */
function fetchLines({ parts, missingFiles, missingBytes, files, bytes }: EventOf<'fetch-plan'>): string[] {
  const lines = parts
    .filter((part) => part.missingFiles > 0)
    .map((part) => {
      const there = part.files - part.missingFiles;
      const cached = there === 0 ? '' : `; ${there} more in the cache`;
      const of = `${part.kind} ${part.repository} at ${part.commit.slice(0, 7)}`;
      return `to fetch: ${of}: ${filesOf(part.missingFiles)}, ${size(part.missingBytes)}${cached}`;
    });
  if (missingFiles === 0)
    return [`${files === 1 ? 'the one file' : `all ${count(files)} files`} (${size(bytes)}) in the cache already`];
  const total = `to fetch: ${count(missingFiles)} of ${filesOf(files)}, ${size(missingBytes)}`;
  return lines.length === 1 ? lines : [...lines, total];
}

function filesOf(files: number): string {
  return `${count(files)} ${files === 1 ? 'file' : 'files'}`;
}

const SIZE_UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB'];

/** Bytes in decimal units, as the Hub shows them. */
export function size(bytes: number): string {
  let unit = 0;
  let value = bytes;
  for (; value >= 999.5 && unit < SIZE_UNITS.length - 1; unit++) value /= 1000;
  return `${unit === 0 || value >= 99.95 ? Math.round(value) : value.toFixed(1)} ${SIZE_UNITS[unit]}`;
}

/** The settings in short: what is not null, one after the other. */
function describeSettings(settings: Readonly<Record<string, unknown>>): string {
  return Object.entries(settings)
    .filter(([, value]) => value !== null && value !== undefined && typeof value !== 'object')
    .map(([name, value]) => `${name} ${oneLine(String(value))}`)
    .join(', ');
}

/** 1234567 as `1,234,567`; fractions below ten keep a digit. */
function count(value: number): string {
  return value < 10 && !Number.isInteger(value) ? value.toFixed(1) : Math.round(value).toLocaleString('en-US');
}

/** Seconds as `0.4 s`, `12 s`, `3 min 20 s`, `2 h 05 min`. */
export function duration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${String(whole % 60).padStart(2, '0')} s`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}

function fit(text: string, columns: number): string {
  if (stringWidth(text) <= columns) return text;
  let cut = text;
  while (cut.length > 0 && stringWidth(cut) > columns - 1) cut = cut.slice(0, -1);
  return `${cut}…`;
}
