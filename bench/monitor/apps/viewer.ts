// A viewer as a kernel sees one: asks for frames, and answers nothing. `viewer.ts <socket> <ms between two frames>`.

import { connectControl } from "../../../apps/control/client.ts";
import { type Program, Sleep } from "../../../apps/index.ts";

/** As the view of tasks asks, on a screen of 40 lines. */
const query = { tasks: { sort: "cpu", isPinned: true, limit: 40 }, log: { limit: 100 } } as const;

export default function* viewer([path = "", ms = "1000"]: string[]): Program<void> {
  const control = yield* connectControl({ address: { path } });
  for (;;) {
    yield* control.ask("frame", query);
    yield* new Sleep(Number(ms));
  }
}
