/** The public library: what the command line does, as functions. */
export { doctor, type DoctorOptions } from './commands/doctor.js';
export { encode, type EncodeOptions, type EncodeReport } from './commands/encode.js';
export { exportRun, type ExportOptions, type ExportReport } from './commands/export.js';
export { importScores, type ImportOptions, type ImportReport } from './commands/import.js';
export { leaderboard, type LeaderboardOptions } from './commands/leaderboard.js';
export { LISTINGS, type Listing, type ListOptions } from './commands/ls.js';
export { rescore, type RescoreOptions } from './commands/rescore.js';
export { run, type RunOptions, type RunReport } from './commands/run.js';
export { show, type ShowOptions, type Shown } from './commands/show.js';
export { validate, type Validated, type ValidateOptions } from './commands/validate.js';
export type { ScoreOptions } from './commands/score-options.js';
export type { OnRunEvent, RunEvent } from './run/events.js';

export { MachineError, UserError, type Problem } from './errors.js';
export { loadDefinitions, type Catalogue } from './definitions/catalogue.js';
export { readPublished, type PublishedScores, type Verdict } from './definitions/published.js';
export { renderDoctor } from './doctor/render-doctor.js';
export type { DoctorReport, Finding } from './doctor/types.js';
export { readTaskDefinition } from './definitions/task-definition.js';
export type { Family, ModelDefinition, SuiteDefinition, TaskDefinition } from './definitions/types.js';
export type { ModelOptions, ResolvedModel } from './embedding/types.js';
export { familyMeans, meanOverDatasets, meanOverFamilies, scoreOf, type TaskScore } from './results/averages.js';
export { readItems } from './results/items.js';
export { readRun, type Run } from './results/read-run.js';
export type { RunRecord, Summary, TaskResult, TaskState } from './results/types.js';
export type { ItemColumn, ItemTable } from './families/types.js';
export { compareWithPublished, type PublishedComparison } from './leaderboard/compare-with-published.js';
export { renderRunTable, type RunTable } from './leaderboard/run-table.js';
