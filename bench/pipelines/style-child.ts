// `style-child.ts <minMs> <style>` prints nanoseconds an item by number of stages, as one line of JSON. Checks that no item is lost.

import { nsEach } from "../lib/timing.ts";
import { type Styled, styles } from "./styles.ts";
import { stageCounts } from "./tables.ts";

const [minMs = "", name = ""] = process.argv.slice(2);
if (!Object.hasOwn(styles, name)) throw new Error(`there is no style "${name}"`);
const style = styles[name as Styled]; // it is one

const result: Record<string, number> = {};
for (const stages of stageCounts) {
  result[stages] = await nsEach(async (count) => {
    const sum = await style(count, stages);
    if (sum !== (count * (count - 1)) / 2) throw new Error(`${name}: items were lost: ${sum} of ${count}`);
  }, Number(minMs));
}
console.log(JSON.stringify(result));
process.exit(0);
