import type { ListAccounts } from '@countersign/shared/accounts/listing.ts'
import { Button } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { count } from '../../lib/format.ts'
import { useLanguage } from '../../lib/language.ts'
import { useAmount } from '../../ui/amount.tsx'
import type { Facets } from './filters.tsx'

/** How many accounts the list holds, and where they are: one level down the tree at each click. */
export const Places = ({ facets, set }: { facets: Facets; set: (change: Partial<ListAccounts>) => void }) => {
  const { t } = useTranslation()
  const language = useLanguage()
  const amount = useAmount()
  return (
    <div className="row places">
      <strong className="nowrap" role="status">
        {t('accounts.total', { count: facets.total.count, shown: amount(facets.total) })}
      </strong>
      {facets.by && facets.by.places.length > 0 ? (
        <ul className="row places-scroll" aria-label={t('accounts.places')}>
          {facets.by.places.map((place) => (
            <li key={place.id}>
              <Button variant="default" size="compact-sm" onClick={() => set({ organisation: place.id })}>
                {place.name}&nbsp;<span className="soft">{count(place.count, language)}</span>
              </Button>
            </li>
          ))}
        </ul>
      ) : null}
    </div>
  )
}
