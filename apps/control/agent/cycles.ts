// Who waits for whom, and who of them can never go on. A wait names the tasks that could end it; one of them is enough. So
// a task is stuck when every task that could end its wait is stuck too, and nothing else could: no clock, nothing outside.
// Among those that are stuck, the ones that wait for each other in a ring are found as strongly connected components
// (Tarjan's, without recursion): all of them, in time that grows with the waits and not faster.

/** From who waits to who could end it. */
export type Edges = ReadonlyMap<number, readonly number[]>;

/**
 * Those of the waiting that can never go on.
 * @param isFree whether something that is no task can end the wait of one, for all that its edges say
 */
export function stuckIn(edges: Edges, isFree: (tid: number) => boolean): ReadonlySet<number> {
  const stuck = new Set<number>();
  for (const [tid, holders] of edges) if (holders.length > 0 && !isFree(tid)) stuck.add(tid);
  const waiters = reversed(edges);
  const free: number[] = [];
  for (const [tid, holders] of edges) {
    for (const holder of [...holders, tid]) if (!stuck.has(holder)) free.push(holder);
  }
  // Whoever waits for one that goes on will go on.
  for (let tid = free.pop(); tid !== undefined; tid = free.pop()) {
    for (const waiter of waiters.get(tid) ?? []) if (stuck.delete(waiter)) free.push(waiter);
  }
  return stuck;
}

/** The edges the other way round: from a task to those that wait for it. */
export function reversed(edges: Edges): Map<number, number[]> {
  const waiters = new Map<number, number[]>();
  for (const [tid, holders] of edges) {
    for (const holder of holders) {
      const known = waiters.get(holder);
      if (known === undefined) waiters.set(holder, [tid]);
      else known.push(tid);
    }
  }
  return waiters;
}

/** Tasks that wait for each other. */
export interface Cycle {
  /** A ring among them, each waiting for the next, from the smallest tid on. */
  readonly ring: readonly number[];
  /** All of them: the ring, and then whoever else waits for it and is waited for by it. */
  readonly tids: readonly number[];
}

/** Every cycle among some tasks, by smallest tid. */
export function cyclesIn(edges: Edges, among: ReadonlySet<number>): Cycle[] {
  const cycles: Cycle[] = [];
  for (const component of components(edges, among)) {
    const [first = 0] = component;
    const isCycle = component.length > 1 || (edges.get(first)?.includes(first) ?? false);
    if (isCycle) cycles.push(cycleOf(component.sort(ascending), edges));
  }
  return cycles.sort((one, other) => ascending(one.ring[0] ?? 0, other.ring[0] ?? 0));
}

const ascending = (one: number, other: number): number => one - other;

/** What Tarjan's algorithm knows of a task that it has come to. */
interface Visit {
  readonly tid: number;
  readonly order: number;
  low: number;
  /** Of its edges, the next to be followed. */
  next: number;
  isOpen: boolean;
}

function* components(edges: Edges, among: ReadonlySet<number>): Generator<number[]> {
  const visits = new Map<number, Visit>();
  const open: Visit[] = [];
  const path: Visit[] = [];
  const come = (tid: number): void => {
    const visit = { tid, order: visits.size, low: visits.size, next: 0, isOpen: true };
    visits.set(tid, visit);
    open.push(visit);
    path.push(visit);
  };
  for (const root of among) {
    if (!visits.has(root)) come(root);
    for (let visit = path.at(-1); visit !== undefined; visit = path.at(-1)) {
      const holder = edges.get(visit.tid)?.[visit.next++];
      if (holder !== undefined) {
        const other = visits.get(holder);
        if (other === undefined && among.has(holder)) come(holder);
        else if (other?.isOpen === true) visit.low = Math.min(visit.low, other.order);
        continue;
      }
      path.pop();
      const caller = path.at(-1);
      if (caller !== undefined) caller.low = Math.min(caller.low, visit.low);
      if (visit.low === visit.order) yield closed(open, visit);
    }
  }
}

function closed(open: Visit[], root: Visit): number[] {
  const component = open.splice(open.lastIndexOf(root));
  for (const visit of component) visit.isOpen = false;
  return component.map(({ tid }) => tid);
}

// The shortest way from the smallest tid back to itself. Each of a component lies on some ring through it.
function cycleOf(component: readonly number[], edges: Edges): Cycle {
  const members = new Set(component);
  const [first = 0] = component;
  const from = new Map<number, number>();
  const queue = [first];
  let last: number | undefined;
  for (let place = 0; place < queue.length && last === undefined; place++) {
    const tid = queue[place] as number; // inside
    for (const holder of edges.get(tid) ?? []) {
      if (holder === first) last = tid;
      if (!members.has(holder) || from.has(holder) || holder === first) continue;
      from.set(holder, tid);
      queue.push(holder);
    }
  }
  const ring: number[] = [];
  for (let tid = last; tid !== undefined; tid = from.get(tid)) ring.push(tid);
  ring.reverse();
  const inRing = new Set(ring);
  return { ring, tids: [...ring, ...component.filter((tid) => !inRing.has(tid))] };
}
