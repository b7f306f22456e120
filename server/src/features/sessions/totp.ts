import { verify } from 'otplib'

const stepSeconds = 30

/** The step of RFC 6238 a code belongs to, one step of clock drift allowed either way; null where the code is wrong. */
export const stepOfCode = async (secret: string, code: string): Promise<number | null> => {
  const typed = code.replace(/\s/g, '')
  if (!/^\d{6}$/.test(typed)) return null
  const result = await verify({ secret, token: typed, epochTolerance: stepSeconds })
  return result.valid ? Math.floor(Date.now() / 1000 / stepSeconds) + result.delta : null
}
