/** More of one line than this is no login, e-mail or id. */
const longestName = 254

/** "Paul Martin <paul@ml.fr>": the words before an address name nobody, and could be somebody else's login. */
const addressed = /[^<>,;\n]*<([^<>\s]+@[^<>\s]+)>/g

/** What a login, an e-mail or an id is made of; anything else stands between them. */
const name = /[\p{Letter}\p{Number}._%+@-]+/gu

/**
 * The logins, e-mails and ids of a pasted text, whatever stands between them: "Paul Martin <paul@ml.fr>; nadia.roux / …". Each once, in
 * the order they came, in lower case, as logins and e-mails are kept; they are ASCII, so nothing has to be folded, which could make a
 * short text very long.
 */
export const namesIn = (text: string): readonly string[] => [
  ...new Set(
    [...text.toLowerCase().replace(addressed, ' $1 ').matchAll(name)]
      .map(([word]) => word.replace(/^[._%+-]+|[._%+-]+$/g, '').slice(0, longestName))
      .filter((word) => word !== ''),
  ),
]

/** Columns of a file that name an account, best first; French and English, accents and case aside. */
const columnNames = [
  'id',
  'identifiant unique',
  'account id',
  'login',
  'identifiant',
  'email',
  'e-mail',
  'mail',
  'courriel',
  'adresse e-mail',
]

const folded = (header: string): string =>
  header
    .normalize('NFKD')
    .replace(/\p{Mark}/gu, '')
    .toLowerCase()
    .replace(/[_\s]+/g, ' ')
    .trim()

/** Which column of a header line names the accounts; null where none says so. */
export const namingColumn = (header: readonly string[]): number | null => {
  const known = header.map(folded)
  const found = columnNames.map((name) => known.indexOf(name)).find((index) => index >= 0)
  return found ?? null
}
