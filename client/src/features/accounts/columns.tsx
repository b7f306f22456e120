import type { accountSorts } from '@countersign/shared/accounts/listing.ts'
import { Checkbox } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { count } from '../../lib/format.ts'
import { useLanguage } from '../../lib/language.ts'
import type { Outputs } from '../../lib/trpc.ts'
import type { Column } from '../../table/data-table.tsx'
import { AccountState } from '../../ui/state.tsx'
import { Day, When } from '../../ui/when.tsx'
import { EndingCell } from './ending-cell.tsx'
import type { Endings } from './endings.ts'

export type Row = Outputs['accounts']['list']['rows'][number]
export type Sort = (typeof accountSorts)[number]

/** The columns of the list; the first ticks, the last acts. */
export const useColumns = (endings: Endings, ticked: (id: string) => boolean, tick: (id: string) => void): readonly Column<Row, Sort>[] => {
  const { t } = useTranslation()
  const language = useLanguage()
  const nameOf = (row: Row) => `${row.givenName} ${row.familyName}`
  return [
    {
      id: 'select',
      header: t('accounts.columns.select'),
      plain: true,
      silent: true,
      cell: (row) => (
        <Checkbox
          size="xs"
          checked={ticked(row.id)}
          onChange={() => tick(row.id)}
          aria-label={t('accounts.selectNamed', { name: nameOf(row) })}
        />
      ),
    },
    {
      id: 'person',
      header: t('accounts.columns.person'),
      sort: 'name',
      plain: true,
      cell: (row) => (
        <div className="two struckable">
          <Link to="/accounts/$accountId" params={{ accountId: row.id }}>
            {row.familyName} {row.givenName}
          </Link>
          <span className="under">{row.login}</span>
        </div>
      ),
    },
    {
      id: 'place',
      header: t('accounts.columns.place'),
      plain: true,
      cell: (row) => (
        <div className="two struckable">
          <span>{row.place}</span>
          <span className="under">{row.detail ?? ''}</span>
        </div>
      ),
    },
    {
      id: 'profile',
      header: t('accounts.columns.profile'),
      plain: true,
      cell: (row) => (
        <div className="two">
          <span>{t(`profile.${row.profileId}`)}</span>
          <span className="under">{row.roles.map((role) => t(`role.${role}`)).join(', ')}</span>
        </div>
      ),
    },
    {
      id: 'reach',
      header: t('accounts.columns.reach'),
      sort: 'reach',
      number: true,
      // Who is out reaches nothing; what they would reach again stands on their page.
      cell: (row) => (row.status === 'active' && !endings.of(row.id) ? count(row.reach, language) : <span className="soft">0</span>),
    },
    {
      id: 'status',
      header: t('accounts.columns.status'),
      plain: true,
      cell: (row) => (
        <AccountState status={endings.of(row.id) ? (endings.of(row.id)?.verb === 'revoke' ? 'revoked' : 'suspended') : row.status} />
      ),
    },
    {
      id: 'last',
      header: t('accounts.columns.lastSignIn'),
      sort: 'last-sign-in',
      cell: (row) => (row.lastSignInAt ? <When at={row.lastSignInAt} /> : <span className="soft">{t('common.never')}</span>),
    },
    { id: 'end', header: t('accounts.columns.end'), sort: 'end', cell: (row) => <Day on={row.endsOn} short /> },
    {
      id: 'actions',
      header: t('accounts.columns.actions'),
      plain: true,
      number: true,
      cell: (row) => <EndingCell subject={row} endings={endings} />,
    },
  ]
}
