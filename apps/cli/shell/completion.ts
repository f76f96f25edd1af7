// What the word under the cursor could become: a command or an app, an option, a tid, a job, a file.

/** What there is to complete with. */
export interface Sources {
  /** Names of commands, each with its options. */
  readonly commands: ReadonlyMap<string, readonly string[]>;
  /** Commands whose arguments are tasks. */
  readonly takesTids: ReadonlySet<string>;
  readonly tids: readonly number[];
  /** "%1", "%2" */
  readonly jobs: readonly string[];
  /** Files and folders that a path could become, folders with a slash at their end. */
  readonly files: (prefix: string) => readonly string[];
}

/** Candidates that are offered at once. */
const maxCandidates = 200;

/**
 * The candidates for the last word of what is before the cursor, and that word. A word in quotes is not completed.
 */
export function complete(line: string, sources: Sources): [candidates: string[], word: string] {
  const word = /\S*$/.exec(line)?.[0] ?? "";
  const [command = ""] = line.trimStart().split(/\s+/, 1);
  const isFirst = line.trimStart() === word;
  if (/["'\\]/.test(word)) return [[], word];
  const candidates = isFirst ? firstWords(word, sources) : laterWords(command, word, sources);
  const fitting = candidates.filter((candidate) => candidate.startsWith(word)).slice(0, maxCandidates);
  return [fitting.map((candidate) => (candidate.endsWith("/") ? candidate : `${candidate} `)), word];
}

function firstWords(word: string, { commands, files }: Sources): readonly string[] {
  const apps = files(word).filter((file) => /(\/|\.[mc]?[jt]s)$/.test(file) && !file.endsWith(".d.ts"));
  return word === "" ? [...commands.keys(), ...apps] : [...commands.keys(), ...apps].sort();
}

function laterWords(command: string, word: string, sources: Sources): readonly string[] {
  const options = sources.commands.get(command);
  if (word.startsWith("-")) return options ?? [];
  if (sources.takesTids.has(command)) return [...sources.tids.map(String), ...sources.jobs];
  return options === undefined ? sources.files(word) : [];
}
