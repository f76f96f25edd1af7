// The command line of the servers.

import { expect, test } from "vitest";
import kernel from "../../../apps/evolution/kernel.ts";
import { addressIn } from "../../../apps/evolution/options.ts";
import streams from "../../../apps/evolution/streams.ts";
import { runExit } from "../../kit/index.ts";

test("a server listens on 127.0.0.1:7000, unless it is told where", () => {
  expect(addressIn([])).toEqual({ host: "127.0.0.1", port: 7000 });
  expect(addressIn(["--port", "0", "--host=::1"])).toEqual({ host: "::1", port: 0 });
});

test.each([
  [["--port", "65536"], '--port "65536" is not a whole number from 0 to 65535'],
  [["--port", ""], '--port "" is not a whole number from 0 to 65535'],
  [["--port", "0x10"], '--port "0x10" is not a whole number from 0 to 65535'],
  [["--host", ""], '--host "" is none: leave it out for 127.0.0.1'],
  [["--prot", "1"], "Unknown option '--prot'"],
  [["7000"], "Unexpected argument '7000'"],
])("the arguments %j are refused, on a kernel and on none", (args, sentence) => {
  for (const [style, app] of [
    ["kernel", kernel],
    ["streams", streams],
  ] as const) {
    const { outcome } = runExit(app(args));
    expect(outcome).toMatchObject({ status: "threw", error: { name: "UsageError" } });
    const { message: said } = (outcome as { error: Error }).error; // as just seen
    expect(said).toContain(sentence);
    expect(said).toContain(`\nusage: yieldix run apps/evolution/${style}.ts -- [--port 7000]\n`);
  }
});
