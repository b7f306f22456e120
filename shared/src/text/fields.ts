import { z } from 'zod'

/** NFKC first, so that two spellings that look alike to a database are one before anything is compared (ASVS, Auth.js GHSA-7rqj). */
const normalised = (text: string) => text.normalize('NFKC').trim().replace(/\s+/g, ' ')

const hasControl = (text: string) =>
  [...text].some((character) => {
    const code = character.codePointAt(0) ?? 0
    return code < 32 || code === 127 || (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069) || code === 0x200b
  })

/** What may be looked for or compared: any text a database can hold. */
export const plainText = (max: number) =>
  z
    .string()
    .max(max)
    .refine((text) => text.isWellFormed() && !text.includes('\0'), 'field-characters')

/** Text a person types on one line: normalised, without control or direction-changing characters. Messages are codes, worded by the translations. */
const line = (min: number, max: number) =>
  z
    .string('field-required')
    .max(max * 4, 'field-too-long')
    .refine((text) => text.isWellFormed(), 'field-characters')
    .transform(normalised)
    .refine((text) => !hasControl(text), 'field-characters')
    .refine((text) => min === 0 || text.length > 0, 'field-required')
    .refine((text) => text.length === 0 || text.length >= min, 'field-too-short')
    .refine((text) => text.length <= max, 'field-too-long')

export const personName = line(1, 80)
export const justification = line(3, 500)
export const passkeyName = line(1, 60)
export const optionalComment = line(0, 500)

/** A login is ASCII and lower case: no homoglyphs, no case folding surprises. */
export const login = line(3, 60)
  .transform((text) => text.toLowerCase())
  .refine((text) => /^[a-z0-9](?:[a-z0-9._-]*[a-z0-9])$/.test(text), 'field-login')

/** RFC 5321 length; lower-cased, because partner directories disagree on case. */
export const email = line(3, 254)
  .transform((text) => text.toLowerCase())
  .refine((text) => z.email().safeParse(text).success, 'field-email')

/** As typed; the server's door turns it into E.164 with libphonenumber, or refuses it at the field. */
export const phone = line(4, 30)

/** A calendar day, YYYY-MM-DD. */
export const isoDate = z.iso.date('field-date')
