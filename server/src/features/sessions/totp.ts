import { verify } from 'otplib'

const stepSeconds = 30

/** The step of RFC 6238 a code belongs to, one step of clock drift allowed either way; null where the code is wrong. */
export const stepOfCode = async (secret: string, code: string): Promise<number | null> => {
  const typed = code.replace(/\s/g, '')
  if (!/^\d{6}$/.test(typed)) return null
  // Read once: between two readings the step could turn, and a used code would count as the next.
  const epoch = Math.floor(Date.now() / 1000)
  const result = await verify({ secret, token: typed, epoch, epochTolerance: stepSeconds })
  return result.valid ? Math.floor(epoch / stepSeconds) + result.delta : null
}
