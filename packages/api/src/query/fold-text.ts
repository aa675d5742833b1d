/** Folds A to Z to lower case and nothing else: what Postgres' `lower(… collate "C")` does, on every server alike. */
export const foldText = (text: string): string => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
