import { nobody, type Person } from '../../kernel/actor.ts'
import { type Context, runCommitted } from '../../kernel/commit.ts'
import { refusalIn } from '../../kernel/refused.ts'
import { signOut } from './sign-out.ts'

type Door = Omit<Context<unknown>, 'actor'> & { readonly person: Person | null }

/** Nobody comes in as somebody else's session: what the browser still held of another is no part of who signs in. */
export const asNobody = ({ db, origin: { sessionId: _theirs, ...origin } }: Door) => ({ db, actor: nobody, origin })

/** Whoever signs in where another was signed in has taken their place: that session ends, instead of living on under a token nobody holds. */
export const leaveBehind = async ({ person, db, origin }: Door): Promise<void> => {
  if (person) await refusalIn(runCommitted(signOut, { db, actor: person, origin }, { sessionId: null }))
}
