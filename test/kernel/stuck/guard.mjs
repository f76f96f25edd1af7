// Begins the guard's thread of the tests: TypeScript has to be taught to each thread anew.
import { workerData } from "node:worker_threads";
import { register } from "tsx/esm/api";

register();
await import(workerData.module);
