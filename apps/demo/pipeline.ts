// A pipeline over channels: four stages, of which one is slow. Those before it wait to send, the one after it to receive.

import { type Program, type Routine, routine } from "../../kernel/syscall.ts";
import { Gauge, NewTask, Sleep } from "../../syscalls/index.ts";
import { Channel } from "../lib/index.ts";

const slowMs = 250;

/** Starts the stages. */
export const pipeline: Routine<[], void> = routine(function* startPipeline() {
  const raw = new Channel<string>({ name: "raw", capacity: 4 });
  const parsed = new Channel<number>({ name: "parsed", capacity: 4 });
  const priced = new Channel<number>({ name: "priced" });
  yield* new NewTask(source(raw), "pipe-1-source");
  yield* new NewTask(parse(raw, parsed), "pipe-2-parse");
  yield* new NewTask(price(parsed, priced), "pipe-3-slow");
  yield* new NewTask(sink(priced), "pipe-4-sink");
});

const source = routine(function* source(raw: Channel<string>): Program<void> {
  for (let n = 1; ; n++) yield* raw.send(`item ${n}`);
});

const parse = routine(function* parse(raw: Channel<string>, parsed: Channel<number>): Program<void> {
  for (;;) yield* parsed.send(Number((yield* raw.receive()).slice("item ".length)));
});

const price = routine(function* price(parsed: Channel<number>, priced: Channel<number>): Program<void> {
  for (;;) {
    const item = yield* parsed.receive();
    yield* new Sleep(slowMs);
    yield* priced.send(item * 3);
  }
});

const sink = routine(function* sink(priced: Channel<number>): Program<void> {
  for (let items = 1; ; items++) {
    yield* priced.receive();
    yield* new Gauge("items through the pipeline", items);
  }
});
