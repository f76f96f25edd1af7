// What every syscall promises, in sentences, and how one that breaks a promise is mended.

/** Which promise. */
export type PromiseName =
  | "answered"
  | "beside"
  | "cancelled"
  | "dropped"
  | "expired"
  | "givenOnce"
  | "granted"
  | "holders"
  | "idle"
  | "inOrder"
  | "killed"
  | "later"
  | "loser"
  | "once"
  | "outside"
  | "refused"
  | "returned"
  | "second"
  | "served"
  | "stale"
  | "undoGiven"
  | "undoWorks"
  | "winner"
  | "words";

interface Promised {
  readonly text: string;
  readonly mend: string;
}

const undo =
  "let the function that arm returns take back all that arm did: the place in the queue, timers, interests, endpoints, tasks";
const look =
  "leave the queue in the undo; and look at what `wake` returns: on false it was not taken, so hand it to the next";

/** By name, in the order in which they are looked at. */
export const promises: Readonly<Record<PromiseName, Promised>> = {
  served: {
    text: "it is answered: at once when what it asks for is there, else when it comes",
    mend: "return the answer from handle, or wake the waiter that arm was given; what cannot be served, throw as a SyscallError",
  },
  returned: {
    text: "handle returns what task.block returned, and calls it once",
    mend: "write `return task.block(wait, arm);` as the last thing that handle does, on one path",
  },
  undoGiven: {
    text: "arm returns how to take back what it did",
    mend: "return a function from arm: `return () => waiting.delete(waiter);`",
  },
  words: {
    text: "a wait says what it is on, in a verb and an object",
    mend: 'give the wait a verb such as "acquire" and an object such as "semaphore": short texts that can be read at any time',
  },
  holders: {
    text: "its holders are tasks that live",
    mend: "let holders() return an array of tids, read from what it waits for at that moment; forget a holder when it lets go or ends",
  },
  outside: {
    text: "a wait that something outside can end is no deadlock",
    mend: "say `outside = true` on a wait that a socket, a promise or anything else outside the kernel ends",
  },
  answered: {
    text: "one that was answered leaves nothing behind",
    mend: "take the waiter out of its queue before you wake it, and take back what else was set for it",
  },
  killed: { text: "one that is killed while it waits leaves nothing behind", mend: undo },
  cancelled: { text: "one that is cancelled while it waits leaves nothing behind", mend: undo },
  expired: { text: "one whose time is up leaves nothing behind", mend: undo },
  undoWorks: {
    text: "its undo and its giveBack do not throw",
    mend: "let both do no more than take back, and nothing that can fail",
  },
  stale: { text: "no answer is spent on one who no longer waits", mend: look },
  second: { text: "no second answer is spent on one who has been answered", mend: look },
  later: {
    text: "an answer that comes late does not end its task's next wait",
    mend: "wake the waiter that arm was given; never go through the task or what it waits for now",
  },
  beside: {
    text: "of two that wait, neither hides the other, and the end of one leaves the other waiting",
    mend: "keep each waiter in a place of its own, such as a Set or a WaitQueue, or refuse the second with EBUSY",
  },
  inOrder: {
    text: "of those that wait, the one that came first is served first",
    mend: "hand an answer to the first in the queue, as a Set or a WaitQueue keeps them; or say `anyOrder` if another rule is meant",
  },
  granted: {
    text: "an answer whose task is killed before it takes it goes to the next",
    mend: "implement giveBack(answer), on the syscall itself, which has it taken back if it was answered at once as well: hand it to the next that waits, or else put it back where the next that asks finds it",
  },
  dropped: {
    text: "of an answer whose task is killed before it takes it nothing is left but itself",
    mend: "let giveBack close, release or stop what came with the answer",
  },
  givenOnce: {
    text: "one answer is given to one task, once",
    mend: "let giveBack hand the answer on or put it back, and not both; keep one count of what there is",
  },
  idle: {
    text: "until it is armed it has done nothing",
    mend: "do all that waiting needs in arm, and not in handle before it blocks: a Select whose other branch is answered at once never arms it",
  },
  loser: {
    text: "as a branch of a Select that does not win it takes nothing and leaves nothing",
    mend: "tell waits apart by the waiter that arm was given, and not by its task; undo as for a kill",
  },
  winner: {
    text: "in a Select it can win, with the answer that it gives alone",
    mend: "wake the waiter that arm was given; never go through the task or what it waits for now",
  },
  refused: {
    text: "what handle refuses is an error at the yield, and changes nothing",
    mend: "check everything first, then act: or take back what was done before you throw",
  },
  once: {
    text: "one object is used once",
    mend: "leave [Symbol.iterator] to Syscall, or begin its exchange with `begun`",
  },
};

/** All of them, in order. */
export const promiseNames: readonly PromiseName[] = Object.keys(promises) as PromiseName[]; // its own keys
