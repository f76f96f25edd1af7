// What a group throws is always an AggregateError. Where a group is a detail of how something is done, who called it wants
// the error itself.

/** The one error of an AggregateError that has one, however often; anything else as it is. */
export function soleError(error: unknown): unknown {
  return error instanceof AggregateError && new Set(error.errors).size === 1 ? error.errors[0] : error;
}
