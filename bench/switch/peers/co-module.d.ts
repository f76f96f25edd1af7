// co has no types of its own: what is used of it here.

declare module "co" {
  export default function co<T>(program: Generator<unknown, T, unknown>): Promise<T>;
}
