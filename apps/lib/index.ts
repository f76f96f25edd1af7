// Routines for everyday work, built from syscalls.

export { type App, app, environmentPort } from "./app.ts";
export { Barrier } from "./barrier.ts";
export { Broadcast, type BroadcastOptions, type Subscription, type WhenFull } from "./broadcast.ts";
export { Channel, type ChannelOptions, type Preference } from "./channel.ts";
export type { NameOptions } from "./checked.ts";
export { Condition } from "./condition.ts";
export { receiveFrom, sendTo } from "./datagrams.ts";
export { Event, Latch } from "./event.ts";
export { ExitStatus } from "./exit-status.ts";
export { follow, type ReadFileOptions, readFile, readLines, type WriteFileOptions, writeFile } from "./files.ts";
export { jsonText } from "./json-text.ts";
export { type Lines, lines, type NextLine } from "./lines.ts";
export { Lock, RLock } from "./lock.ts";
export { type Output, type OutputOptions, output } from "./output.ts";
export { print } from "./print.ts";
export { type Progress, progress, progressBar } from "./progress.ts";
export { PriorityQueue, type PriorityQueueOptions, Queue, type QueueOptions } from "./queue.ts";
export { Reader, readExactly, readLine, readUntil } from "./reader.ts";
export { Semaphore, type SemaphoreOptions } from "./semaphore.ts";
export { accept, linger, recv, send, sendAll } from "./sockets.ts";
export { soleError } from "./sole-error.ts";
export type { Store } from "./source.ts";
export { fromDuplex, fromReadable, toWritable } from "./streams.ts";
export { cut, padded, textWidth } from "./text-width.ts";
export { until } from "./until.ts";
export { UsageError, wholeNumber } from "./usage.ts";
