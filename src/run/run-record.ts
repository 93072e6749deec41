import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { arch, availableParallelism, cpus, hostname, platform, release, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { packageRoot } from '../definitions/package-root.js';
import type { SuiteDefinition } from '../definitions/types.js';
import type { ResolvedModel } from '../embedding/types.js';
import type { RunRecord } from '../results/types.js';
import { recordedSettings, type ScoreSettings } from './score-settings.js';

const require = createRequire(import.meta.url);
let versions: Readonly<Record<string, string>> | undefined;

/** Versions of the programs that decide vectors and scores, this one first. */
export function scoringVersions(): Readonly<Record<string, string>> {
  versions ??= {
    jmteb: versionIn(join(packageRoot(), 'package.json')),
    'onnxruntime-node': versionOf('onnxruntime-node'),
    tokenizers: versionOf('@huggingface/tokenizers'),
  };
  return versions;
}

/** The version in the package file of a dependency, found without loading the package. */
function versionOf(name: string): string {
  for (let folder = dirname(require.resolve(name)); ; folder = dirname(folder)) {
    try {
      const path = join(folder, 'package.json');
      if ((JSON.parse(readFileSync(path, 'utf8')) as { name?: unknown }).name === name) return versionIn(path);
    } catch {
      // Not every folder between the entry file and the package's root has such a file.
    }
    if (dirname(folder) === folder) return 'unknown';
  }
}

function versionIn(path: string): string {
  return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version;
}

export interface RecordedRun {
  readonly model: ResolvedModel;
  readonly variant: string;
  readonly suite: SuiteDefinition | null;
  readonly settings: ScoreSettings;
  readonly threads: number;
  readonly started: Date;
  /** Absent while the run is under way. */
  readonly finished?: Date;
  readonly environment?: Readonly<Record<string, unknown>>;
}

/** What `run.json` says. */
export function runRecordOf(run: RecordedRun): RunRecord {
  const { model, variant, suite, settings, started, finished } = run;
  return {
    schema: 'jmteb/run/1',
    model: {
      id: model.id,
      kind: model.kind,
      revision: model.revision,
      files: model.files,
      settings: model.settings,
      key: model.key,
    },
    variant,
    protocol: { name: settings.protocol.name, deviations: [...settings.protocol.deviations] },
    settings: {
      ...recordedSettings(settings),
      modelOptions: model.options,
      dims: model.dims,
      dtype: model.dtype,
      localHash: model.localHash,
      promptChangesPooling: model.promptChangesPooling,
    },
    suite: suite?.id ?? null,
    versions: scoringVersions(),
    environment: { ...machine(), threads: run.threads, ...run.environment },
    timing: {
      started: started.toISOString(),
      ...(finished === undefined
        ? {}
        : { finished: finished.toISOString(), seconds: (finished.getTime() - started.getTime()) / 1000 }),
    },
  };
}

function machine(): Record<string, unknown> {
  return {
    node: process.version,
    platform: `${platform()} ${release()} ${arch()}`,
    host: hostname(),
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryBytes: totalmem(),
  };
}
