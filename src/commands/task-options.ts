/** Options that choose tasks, as `resolveTasks` takes them. */
export interface TaskOptions {
  /** Ids, globs or definition files. */
  readonly tasks?: readonly string[];
  /** Ids or globs to leave out. */
  readonly exclude?: readonly string[];
  /** Families to keep. */
  readonly family?: readonly string[];
  readonly suite?: string;
}
