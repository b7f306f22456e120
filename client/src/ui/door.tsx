import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { setLanguage, useLanguage } from '../lib/language.ts'

/** The pages before one is signed in: one column, the name, the language. */
export const Door = ({ title, children }: { title: string; children: ReactNode }) => {
  const { t } = useTranslation()
  const language = useLanguage()
  return (
    <main className="door">
      <div>
        <div className="row between">
          <span className="brand" style={{ padding: 0 }}>
            <img src="/icon.svg" alt="" />
            Countersign
          </span>
          <button
            type="button"
            lang={language === 'fr' ? 'en' : 'fr'}
            onClick={() => setLanguage(language === 'fr' ? 'en' : 'fr')}
            className="narrow"
          >
            {t('shell.language')}
          </button>
        </div>
        <h1>{title}</h1>
        {children}
      </div>
    </main>
  )
}
