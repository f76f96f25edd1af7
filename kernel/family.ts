// The tree of tasks, as links inside the tasks: no set per parent, and the youngest child is found at once.

import type { Task } from "./task.ts";

/** Makes a task the youngest child of another. */
export function addChild(parent: Task, child: Task): void {
  child.parent = parent;
  child.older = parent.youngest;
  if (parent.youngest !== undefined) parent.youngest.younger = child;
  parent.youngest = child;
}

/** Takes a task out of the tree; its children become the heir's, oldest first, or nobody's. */
export function removeFromFamily(task: Task, heir: Task | undefined): void {
  const { older, younger, parent } = task;
  if (older !== undefined) older.younger = younger;
  if (younger !== undefined) younger.older = older;
  else if (parent?.youngest === task) parent.youngest = older;
  task.older = task.younger = undefined;

  let child = oldestChild(task);
  task.youngest = undefined;
  while (child !== undefined) {
    const next: Task | undefined = child.younger;
    child.older = child.younger = child.parent = undefined;
    if (heir !== undefined) addChild(heir, child);
    child = next;
  }
}

/** The children of a task, youngest first. */
export function* childrenOf(task: Task): Generator<Task> {
  for (let child = task.youngest; child !== undefined; child = child.older) yield child;
}

function oldestChild(task: Task): Task | undefined {
  let child = task.youngest;
  while (child?.older !== undefined) child = child.older;
  return child;
}
