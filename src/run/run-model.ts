import type { SuiteDefinition } from '../definitions/types.js';
import type { Embedder, EmbeddingResources, ResolvedModel } from '../embedding/types.js';
import { MachineError, messageOf, UserError } from '../errors.js';
import { readItems, writeItems } from '../results/items.js';
import { readRunForResume, type ResumableRun } from '../results/read-run.js';
import { writeRunRecord, writeTaskResult } from '../results/result-file.js';
import { runFiles, runFolder, variantName } from '../results/run-folder.js';
import { writeManifest } from '../results/run-manifest.js';
import { writeSummary } from '../results/summary.js';
import type { TaskResult } from '../results/types.js';
import { sumCounts, type StoredList } from '../vectors/store.js';
import { useModel } from '../vectors/store-models.js';
import { embedList, Interrupted } from './embed-list.js';
import { EmbeddingProgress } from './embedding-progress.js';
import { estimateRun } from './estimate-run.js';
import type { PendingList } from './estimate-work.js';
import type { OnRunEvent } from './events.js';
import { manifestOf } from './manifest-of.js';
import { openListOf, storedTypeOf } from './open-list.js';
import type { DataOptions, OpenedTask } from './open-tasks.js';
import { prepareTask, type PreparedTask } from './prepare-task.js';
import { runRecordOf } from './run-record.js';
import { settingsInVariant, type ScoreSettings } from './score-settings.js';
import type { Scorer, ScoringRequest, StoredListReference } from './scoring-request.js';
import { failedResult, scoredResult, stillHolds } from './task-result.js';
import { nameOf, type UniqueList } from './unique-list.js';

export interface RunRequest {
  readonly model: ResolvedModel;
  /** Rows read and checked; in the order in which they are run. */
  readonly tasks: readonly OpenedTask[];
  readonly suite: SuiteDefinition | null;
  readonly settings: ScoreSettings;
  readonly data: DataOptions;
  /** Folder of the results. */
  readonly output: string;
  readonly cacheDir: string;
  readonly threads: number;
  readonly maxMemory: number;
  /** `never`: results that stand and still hold are kept; `always`: every task is scored again. */
  readonly overwrite: 'never' | 'always';
  readonly resources: EmbeddingResources;
  readonly scorer: Scorer;
  readonly onEvent?: OnRunEvent;
  /** Aborted: the shard in hand is finished, the state written, and the outcome says so. */
  readonly signal?: AbortSignal;
  /** What `run.json` says under `environment`. */
  readonly environment?: Readonly<Record<string, unknown>>;
}

export interface RunOutcome {
  readonly folder: string;
  readonly variant: string;
  /** `done`: every task has a score; `incomplete`: some failed; `interrupted`: stopped on request. */
  readonly status: 'done' | 'incomplete' | 'interrupted';
  /** Results of the tasks asked for, in their order; tasks that were not reached are missing. */
  readonly results: readonly TaskResult[];
}

/** The folder that a run of this model with these settings writes to, below `output`. */
export function variantOf(model: ResolvedModel, settings: ScoreSettings): string {
  return variantName({
    ...(model.revision === null ? { localHash: model.localHash } : { revision: model.revision }),
    dtype: model.dtype,
    protocol: settings.protocol.name,
    options: { ...model.options, ...settingsInVariant(settings) },
  });
}

/**
 * Embeds and scores tasks with one model. Goes on where an earlier run stopped: vectors that are stored are not made
 * again, results that still hold are kept.
 *
 * A task that fails is `failed` in the results and stops no other; a machine that fails (no room, no device) stops the run.
 *
 * @throws UserError, MachineError for what concerns every task
 */
export async function runModel(request: RunRequest): Promise<RunOutcome> {
  return new ModelRun(request).run();
}

class ModelRun {
  private readonly variant: string;
  private readonly folder: string;
  private readonly started = new Date();
  private readonly results: TaskResult[] = [];
  private readonly emit: OnRunEvent;
  private embedder: Embedder | undefined;
  private progress: EmbeddingProgress | undefined;
  /** As estimated, by the key of the list. */
  private readonly tokensPerText = new Map<string, number>();

  constructor(private readonly request: RunRequest) {
    this.variant = variantOf(request.model, request.settings);
    this.folder = runFolder(request.output, request.model.id, this.variant);
    this.emit = request.onEvent ?? (() => undefined);
  }

  async run(): Promise<RunOutcome> {
    const { model, tasks } = this.request;
    this.emit({ event: 'model', model: model.id, variant: this.variant, settings: model.settings });
    for (const message of model.warnings) this.emit({ event: 'warning', message });
    const found = await readRunForResume(this.folder);
    for (const message of found.warnings) this.emit({ event: 'warning', message });
    const release = await useModel(this.request.cacheDir, model);
    try {
      await this.writeRecord();
      const prepared = await this.plan(found);
      let status: RunOutcome['status'] = 'done';
      for (const [i, task] of prepared.entries()) {
        this.emit({ event: 'task', task: task.prepared.definition.id, position: i + 1, of: tasks.length });
        try {
          await this.runTask(task);
        } catch (thrown) {
          if (!(thrown instanceof Interrupted)) throw thrown;
          status = 'interrupted';
          break;
        }
      }
      if (status === 'done' && this.results.some(({ state }) => state === 'failed')) status = 'incomplete';
      await writeManifest(this.folder, manifestOf(model, tasks));
      await writeSummary(this.folder);
      await this.writeRecord(new Date());
      return { folder: this.folder, variant: this.variant, status, results: this.results };
    } finally {
      await this.embedder?.close();
      await release();
    }
  }

  /** Looks up what the store and the folder have already. */
  private async plan(found: ResumableRun): Promise<PlannedTask[]> {
    const { model, tasks, cacheDir, settings } = this.request;
    const planned: PlannedTask[] = [];
    // Tasks share lists: each is opened, and counted, once.
    const opened = new Map<string, StoredList>();
    const pending: (PendingList & { readonly list: UniqueList })[] = [];
    let texts = 0;
    for (const task of tasks) {
      const prepared = await prepareTask(task, model);
      const kept = await this.keptResult(found, prepared);
      const lists: PlannedList[] = [];
      if (kept === undefined) {
        for (const list of prepared.lists) {
          const known = opened.get(list.key);
          const stored = known ?? (await openListOf(model, list, cacheDir, settings.storeDtype));
          lists.push({ list, stored });
          if (known !== undefined) continue;
          opened.set(list.key, stored);
          for (const message of stored.warnings) this.emit({ event: 'warning', message, task: task.definition.id });
          texts += list.size;
          const missing = missingTexts(stored);
          const vectorBytes = model.dims * (storedTypeOf(list, settings.storeDtype) === 'float16' ? 2 : 4);
          if (missing > 0) pending.push({ task: task.definition.id, list, missing, vectorBytes });
        }
      }
      planned.push({ prepared, kept, lists });
    }
    const kept = planned.filter((task) => task.kept !== undefined).length;
    const missing = pending.reduce((sum, list) => sum + list.missing, 0);
    this.emit({ event: 'plan', model: model.id, tasks: tasks.length, kept, texts, stored: texts - missing });
    this.progress = await this.estimate(pending, missing);
    return planned;
  }

  private async estimate(
    pending: readonly (PendingList & { readonly list: UniqueList })[],
    missing: number,
  ): Promise<EmbeddingProgress> {
    const { model, tasks } = this.request;
    const { work, tokens, event } = await estimateRun(model, { pending, scores: tasks.length }, async () => {
      this.embedder ??= await this.openEmbedder();
      return this.embedder;
    });
    if (event !== undefined) this.emit(event);
    for (const [i, { list }] of pending.entries()) this.tokensPerText.set(list.key, work[i].units / work[i].texts);
    return new EmbeddingProgress(missing, this.emit, Date.now, tokens);
  }

  private async keptResult(found: ResumableRun, prepared: PreparedTask): Promise<TaskResult | undefined> {
    const { overwrite, model, settings } = this.request;
    if (overwrite === 'always' || found.record === null) return undefined;
    const { id } = prepared.definition;
    const result = found.tasks.get(id);
    if (result === undefined) return undefined;
    if (!stillHolds(result, prepared, { protocol: settings.protocol.name, modelKey: model.key })) return undefined;
    try {
      await readItems(runFiles.itemTable(this.folder, id));
      return result;
    } catch (thrown) {
      if (!(thrown instanceof UserError)) throw thrown;
      const [{ where, what }] = thrown.problems;
      this.emit({ event: 'warning', message: `${where}: ${what}; the task is scored again`, task: id });
      return undefined;
    }
  }

  private async runTask({ prepared, kept, lists }: PlannedTask): Promise<void> {
    const started = Date.now();
    const result = kept ?? (await this.embedAndScore(prepared, lists));
    this.results.push(result);
    this.emit({
      event: 'result',
      task: result.task,
      state: result.state,
      metric: result.main.metric,
      value: result.main.value,
      choice: result.choice?.value ?? null,
      kept: kept !== undefined,
      seconds: (Date.now() - started) / 1000,
      ...(result.reason === undefined ? {} : { reason: result.reason }),
    });
    if (kept === undefined)
      for (const message of result.warnings) this.emit({ event: 'warning', message, task: result.task });
  }

  private async embedAndScore(task: PreparedTask, lists: readonly PlannedList[]): Promise<TaskResult> {
    const { settings, scorer, model } = this.request;
    const protocol = settings.protocol.name;
    const modelKey = model.key;
    const id = task.definition.id;
    const started = Date.now();
    try {
      await this.embed(id, lists);
      const embedded = Date.now();
      const counts = sumCounts(lists.map(({ stored }) => stored.counts()));
      const scored = await scorer.score(this.scoringRequest(task, lists), ({ step, done, total }) =>
        this.emit({ event: 'scoring', task: id, step, done, total }),
      );
      const timing = { embedSeconds: (embedded - started) / 1000, scoreSeconds: (Date.now() - embedded) / 1000 };
      const { limit, storeDtype } = settings;
      const result = scoredResult(task, scored, { protocol, modelKey, counts, timing, limit, storeDtype });
      await writeItems(runFiles.itemTable(this.folder, id), scored.items);
      await writeTaskResult(this.folder, result);
      return result;
    } catch (thrown) {
      if (thrown instanceof Interrupted || thrown instanceof MachineError || thrown instanceof DeviceFault)
        throw thrown;
      const timing = { seconds: (Date.now() - started) / 1000 };
      const result = failedResult(task, messageOf(thrown), { protocol, modelKey, counts: null, timing });
      await writeTaskResult(this.folder, result);
      return result;
    }
  }

  private async embed(task: string, lists: readonly PlannedList[]): Promise<void> {
    const { model, cacheDir, settings } = this.request;
    const progress = this.progress as EmbeddingProgress;
    for (const planned of lists) {
      // Another run may have made them meanwhile.
      if (planned.stored.missing.length > 0)
        planned.stored = await openListOf(model, planned.list, cacheDir, settings.storeDtype);
      const { list, stored } = planned;
      if (stored.missing.length === 0) continue;
      this.embedder ??= await this.openEmbedder();
      await embedList(list, stored, this.embedder, {
        onProgress: (texts, tokens) => progress.tell(task, nameOf(list), texts, tokens),
        onRemark: (message) => this.emit({ event: 'warning', message, task }),
        onShard: (texts, tokens) => progress.finish(texts, tokens, texts * (this.tokensPerText.get(list.key) ?? 0)),
        signal: this.request.signal,
      });
    }
    if (this.request.signal?.aborted === true) throw new Interrupted();
  }

  private async openEmbedder(): Promise<Embedder> {
    try {
      return await this.request.model.open(this.request.resources);
    } catch (thrown) {
      throw thrown instanceof UserError ? new DeviceFault(thrown.problems) : thrown;
    }
  }

  private scoringRequest(task: PreparedTask, lists: readonly PlannedList[]): ScoringRequest {
    const { settings, data, threads, maxMemory } = this.request;
    const { protocol, ...rest } = settings;
    return {
      definition: task.definition,
      data,
      hashes: task.data.files.map(({ sha256 }) => sha256),
      lists: lists.map(({ list, stored }): StoredListReference => ({
        split: list.split,
        role: list.role,
        folder: stored.folder,
        index: list.index,
      })),
      settings: rest,
      protocol: protocol.name,
      threads,
      maxMemory,
    };
  }

  private async writeRecord(finished?: Date): Promise<void> {
    await writeRunRecord(
      this.folder,
      runRecordOf({ ...this.request, variant: this.variant, started: this.started, finished }),
    );
  }
}

function missingTexts(stored: StoredList): number {
  return stored.missing.map((shard) => stored.rangeOf(shard)).reduce((sum, { start, end }) => sum + end - start, 0);
}

interface PlannedList {
  readonly list: UniqueList;
  stored: StoredList;
}

interface PlannedTask {
  readonly prepared: PreparedTask;
  /** A result that stands already and holds. */
  readonly kept: TaskResult | undefined;
  readonly lists: readonly PlannedList[];
}

/** The model cannot be opened at all: no task can be embedded. */
class DeviceFault extends UserError {}
