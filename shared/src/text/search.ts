/** Accent-, case- and hyphen-blind: "Benoît-Aké" and "benoit ake" are the same words. Used when writing the index and when asking it. */
export const searchWords = (text: string): string =>
  text
    .normalize('NFKD')
    .replace(/\p{Mark}/gu, '')
    .toLowerCase()
    .replace(/[^\p{Letter}\p{Number}@._]+/gu, ' ')
    .trim()
