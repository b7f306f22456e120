/**
 * What an identity provider said of the sign-in a session began with (OpenID Connect Core 1.0, section 2): who it is itself, the context
 * class it met and the methods it used (RFC 8176); of a hub of providers also which of them it was.
 */
export type SignedInThrough = {
  readonly issuer: string
  readonly behind?: string
  readonly acr: string | null
  readonly amr: readonly string[]
}

/** Where a rule asks whoever signs to have signed in. */
export type SignInAsked = { readonly issuers: readonly string[]; readonly behind?: readonly string[]; readonly contexts: readonly string[] }

/** What providers call people, contexts and methods: ASCII that can be seen, so that no two of them are written alike and differ. */
export const printable = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/

/** The address that is a provider's name (OpenID Connect Core 1.0, section 1.2): over https, but on this very machine. */
export const providerAddress = /^(?:https:\/\/[^\s/?#]+|http:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?)(?:\/[^\s?#]*)?$/

/** Which context classes or methods of a provider stand for a second factor. */
export type SecondFactorOf = { readonly acr: readonly string[]; readonly amr: readonly string[] }

/** Does what the provider says stand for two factors? What it does not say counts for nothing. */
export const provesTwo = ({ acr, amr }: SignedInThrough, second: SecondFactorOf): boolean =>
  (acr !== null && second.acr.includes(acr)) || amr.some((method) => second.amr.includes(method))

/**
 * Did this session begin as a rule asks: at one of its providers and, where it names any, at one of those behind them, and in one of its
 * contexts or by one of its methods?
 */
export const cameAsAsked = (through: SignedInThrough | 'here', asked: SignInAsked | undefined): boolean =>
  asked === undefined ||
  (through !== 'here' &&
    asked.issuers.includes(through.issuer) &&
    (asked.behind === undefined || (through.behind !== undefined && asked.behind.includes(through.behind))) &&
    (asked.contexts.length === 0 || [through.acr, ...through.amr].some((one) => one !== null && asked.contexts.includes(one))))

/** What the state of a sign-in begins with that is to link an identity: the page it comes back to reads which of the two it was. */
export const linkingState = 'link-'

/** No sign-in at a provider counts here for longer than a session of ours: whoever left that one open has left. */
export const oldestSignInHours = 12
