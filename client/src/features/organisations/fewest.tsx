import { useTranslation } from 'react-i18next'

/** How many accounts are enough: one is an incident, whoever is not found is "four or more". */
export const Fewest = ({ accounts }: { accounts: number | null }) => {
  const { t } = useTranslation()
  if (accounts === null) return <span className="soft">{t('collusion.beyond')}</span>
  return accounts < 2 ? <span className="state danger">{accounts}</span> : <span>{accounts}</span>
}

/** How many people could sign: with fewer than two an absence stops everything. */
export const Signers = ({ people }: { people: number }) => {
  const { t } = useTranslation()
  if (people === 0) return <span className="state danger">{t('collusion.nobody')}</span>
  return people === 1 ? <span className="state wait">{t('collusion.onlyOne')}</span> : <span>{people}</span>
}
