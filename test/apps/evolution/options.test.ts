// The command line of the servers.

import { expect, test } from "vitest";
import { addressIn } from "../../../apps/evolution/options.ts";
import { UsageError } from "../../../apps/lib/usage.ts";

test("a server listens on 127.0.0.1:7000, unless it is told where", () => {
  expect(addressIn([], "streams")).toEqual({ host: "127.0.0.1", port: 7000 });
  expect(addressIn(["--port", "0", "--host=::1"], "streams")).toEqual({ host: "::1", port: 0 });
});

test.each([
  [["--port", "65536"], 'port "65536" is not a number from 0 to 65535'],
  [["--port", ""], 'port "" is not a number from 0 to 65535'],
  [["--port", "0x10"], 'port "0x10" is not a number from 0 to 65535'],
  [["--host", ""], 'host "" is none: leave it out for 127.0.0.1'],
  [["--prot", "1"], "Unknown option '--prot'"],
  [["7000"], "Unexpected argument '7000'"],
])("the arguments %j are refused", (args, sentence) => {
  expect(() => addressIn(args, "streams")).toThrow(UsageError);
  expect(() => addressIn(args, "streams")).toThrow(sentence);
  expect(() => addressIn(args, "streams")).toThrow(
    /\nusage: yieldix run apps\/evolution\/streams\.ts -- \[--port 7000\] \[--host 127\.0\.0\.1\]$/,
  );
});
