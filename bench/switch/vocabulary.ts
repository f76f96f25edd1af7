// What is measured of the vocabulary beside the operations that peers have as well; vocabulary-child.ts measures it.

/** By name, in the order of the table. */
export type Vocabulary = Readonly<Record<VocabularyName, number>>;

export const vocabularyNames = ["lock", "handOver", "select", "group", "timer"] as const;
export type VocabularyName = (typeof vocabularyNames)[number];
