import type { Goal } from '@countersign/shared/policy/attempts.ts'
import { useTranslation } from 'react-i18next'
import type { Outputs } from '../../lib/trpc.ts'

type Explained = Outputs['collusion']['explain']
type Way = NonNullable<Explained['ways'][Goal]>
type Part = Way['held'][number]

/** Whom the reader may see by name, and others by what they do. */
export const usePartName = (): ((part: Part) => string) => {
  const { t } = useTranslation()
  return ({ name, roles, level }) =>
    t(name ? 'collusion.named' : 'collusion.unnamed', {
      name,
      roles: roles.map((role) => t(`role.${role}`)).join(', '),
      level: t(`level.${level}`).toLowerCase(),
    })
}

/** The fewest accounts for one goal, and the cheapest way as a story. */
export const WayCard = ({ goal, way }: { goal: Goal; way: Way | null }) => {
  const { t } = useTranslation()
  const nameOf = usePartName()
  const heading = `way-${goal}`
  const one = way !== null && way.held.length < 2
  return (
    <section className="card stack tight" aria-labelledby={heading}>
      <h2 id={heading}>{t(`collusion.goal.${goal}`)}</h2>
      <div>
        <div className={one ? 'figure danger' : 'figure'}>{way ? way.held.length : t('collusion.beyond')}</div>
        {way ? t('collusion.accounts', { count: way.held.length }) : t('collusion.accountsBeyond')}
      </div>
      {one ? (
        <p className="notice danger" style={{ margin: 0 }}>
          {t('collusion.oneEnough')}
        </p>
      ) : null}
      {way ? (
        <>
          <p style={{ margin: 0 }}>{t('collusion.held', { who: way.held.map(nameOf).join(' · ') })}</p>
          <p className="soft" style={{ margin: 0 }}>
            {t('collusion.story')}
          </p>
          <ol style={{ margin: 0, paddingLeft: 20 }}>
            {way.steps.map((step, index) => (
              <li key={`${index} ${step.act}`}>
                {t(step.by || step.act !== 'ask' ? `collusion.step.${step.act}` : 'collusion.step.askPublicly', {
                  who: step.by ? nameOf(step.by) : t('collusion.ofTheirs'),
                  what: step.about ? `${t(`kind.${step.kind}`)} (${nameOf(step.about)})` : t(`kind.${step.kind}`),
                })}
              </li>
            ))}
          </ol>
        </>
      ) : (
        <p className="soft" style={{ margin: 0 }}>
          {t('collusion.noWay')}
        </p>
      )}
    </section>
  )
}
