import { useTranslation } from 'react-i18next'
import { count } from '../../lib/format.ts'
import { useLanguage } from '../../lib/language.ts'
import type { Outputs } from '../../lib/trpc.ts'
import { Scrolling } from '../../ui/scrolling.tsx'

export type Bulk = Outputs['bulks']['get']

const ends = ['sessions', 'links', 'requests', 'approvals'] as const

/** What the dry run counted: what goes along, who is left behind, and where. */
export const Impact = ({ bulk }: { bulk: Bulk }) => {
  const { t } = useTranslation()
  const language = useLanguage()
  const { impact, verb } = bulk
  const shown = (value: number) => ({ count: value, shown: count(value, language) })
  const taking = verb === 'suspend' || verb === 'revoke'
  const rest = impact.structuresTouched - impact.structures.length
  return (
    <>
      {taking && impact.unguarded.length + impact.lastHolders.length > 0 ? (
        <section className="notice wait">
          {(['unguarded', 'lastHolders'] as const).flatMap((word) =>
            impact[word].map(({ role, places, first }) => (
              <p key={`${word}${role}`} style={{ margin: 0 }}>
                <span className="strong">{t(`bulk.${word}`, { role: t(`role.${role}`), ...shown(places) })}</span>{' '}
                <span className="small">
                  {first.join(', ')}
                  {places > first.length ? ', …' : ''}
                </span>
              </p>
            )),
          )}
        </section>
      ) : null}
      <div className="grid">
        <section className="card stack tight">
          <h2>{t(bulk.status === 'previewed' ? 'bulk.impact' : 'bulk.foretold')}</h2>
          {verb === 'reset' ? null : (
            <div>
              <div className="figure">{count(impact.files, language)}</div>
              {t(taking ? 'bulk.files' : 'bulk.filesAgain', { count: impact.files })}
            </div>
          )}
          {taking ? (
            <ul className="plain">
              {ends.map((one) => (
                <li key={one} className={impact[one] === 0 ? 'soft' : undefined}>
                  {t(`bulk.${one}`, shown(impact[one]))}
                </li>
              ))}
            </ul>
          ) : null}
          {impact.roles.length > 0 ? (
            <>
              <h3>{t('bulk.byRole')}</h3>
              <ul className="plain">
                {impact.roles.map(({ role, count: number }) => (
                  <li key={role} className="row between">
                    <span>{t(`role.${role}`)}</span>
                    <span className="number">{count(number, language)}</span>
                  </li>
                ))}
              </ul>
            </>
          ) : null}
        </section>
        <section className="card stack tight">
          <h2>{t('bulk.byStructure')}</h2>
          <Scrolling label={t('bulk.byStructure')}>
            <ul className="plain">
              {impact.structures.map(({ id, name, touched, accounts }) => (
                <li key={id} className="row between">
                  <span>
                    {name}{' '}
                    {taking && touched >= accounts && touched > 1 ? <span className="state danger small">{t('bulk.whole')}</span> : null}
                  </span>
                  <span className="number nowrap">
                    <span className="strong">{count(touched, language)}</span>{' '}
                    <span className="soft small">
                      {t('bulk.ofAccounts')} {count(accounts, language)}
                    </span>
                  </span>
                </li>
              ))}
            </ul>
          </Scrolling>
          {impact.elsewhere > 0 ? <div className="soft small">{t('bulk.elsewhere', shown(impact.elsewhere))}</div> : null}
          {rest > 0 ? <div className="soft small">{t('bulk.moreStructures', shown(rest))}</div> : null}
        </section>
      </div>
    </>
  )
}
